// @platformatic/kafka behind the common command line.
import { setTimeout as pause } from 'node:timers/promises'
import { Admin, Consumer, ListOffsetTimestamps, Producer } from '@platformatic/kafka'
import * as lines from './lines.mjs'

const connection = address => ({
  clientId: 'compat',
  bootstrapBrokers: [address],
  retries: 100,
  retryDelay: lines.backoff
})

async function withAdmin(address, act) {
  const admin = new Admin(connection(address))
  try {
    return await act(admin)
  } finally {
    await admin.close()
  }
}

const create = (address, topic, partitions) =>
  withAdmin(address, admin => admin.createTopics({ topics: [topic], partitions }))

const remove = (address, topic) =>
  withAdmin(address, admin => admin.deleteTopics({ topics: [topic] }))

async function produce(address, topic, codec, records) {
  const producer = new Producer({ ...connection(address), idempotent: true, compression: codec })
  const messages = records.map(({ partition, timestamp, key, value, headers }) => ({
    topic,
    partition,
    timestamp,
    key,
    value,
    headers: new Map(headers.map(([name, content]) => [Buffer.from(name), content]))
  }))
  const { offsets } = await producer.send({ messages })
  // One answer for each partition: the offset of its first message.
  const next = new Map(offsets.map(one => [one.partition, one.offset]))
  records.forEach(({ partition }, number) => {
    lines.acknowledged(number, partition, next.get(partition))
    next.set(partition, next.get(partition) + 1n)
  })
  await producer.close()
}

const record = message => ({ ...message, headers: message.headerEntries })

function consumer(address, groupId) {
  return new Consumer({
    ...connection(address),
    groupId,
    sessionTimeout: lines.sessionTimeout,
    rebalanceTimeout: lines.rebalanceTimeout,
    heartbeatInterval: lines.heartbeatInterval,
    maxWaitTime: 200
  })
}

async function group(address, topic, groupId) {
  let member
  let ending = false
  // Reads until the stream ends: at the end, or by an error that the library takes for final.
  const readOn = async () => {
    member = consumer(address, groupId)
    member.on('consumer:group:join', ({ assignments }) =>
      lines.owns(assignments?.find(one => one.topic === topic)?.partitions ?? []))
    const stream = await member.consume({
      topics: [topic],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false
    })
    for await (const message of stream) {
      // What was fetched before a rebalance still comes; it belongs to somebody else by now.
      if (!lines.isOwned(message.partition)) continue
      lines.read(record(message))
      await message.commit()
      lines.committed(message.partition, message.offset + 1n)
    }
  }
  const readAlways = async () => {
    while (!ending) {
      try {
        await readOn()
      } catch (error) {
        lines.problem('consume', error)
      }
      if (!ending) {
        await member.close(true).catch(error => lines.problem('close', error))
        lines.owns([])
        await pause(lines.backoff)
      }
    }
  }
  readAlways()
  return () => {
    ending = true
    return member.close(true)
  }
}

async function timestamp(address, topic, millis) {
  const reader = consumer(address, `${topic}-by-time`)
  const ask = async timestamp =>
    (await reader.listOffsets({ topics: [topic], timestamp })).get(topic)
  const places = await ask(BigInt(millis))
  const ends = await ask(ListOffsetTimestamps.LATEST)
  places.forEach((offset, partition) => lines.at(partition, offset))
  const wanted = new Set(places.keys().filter(partition => places[partition] >= 0n))
  if (wanted.size > 0) {
    const stream = await reader.consume({
      topics: [topic],
      mode: 'manual',
      offsets: places.map((offset, partition) => ({
        topic,
        partition,
        offset: offset >= 0n ? offset : ends[partition]
      })),
      autocommit: false
    })
    for await (const message of stream) {
      if (wanted.delete(message.partition)) lines.read(record(message))
      if (wanted.size === 0) break
    }
  }
  await reader.close(true)
}

lines.main({ create, remove, produce, group, timestamp })
