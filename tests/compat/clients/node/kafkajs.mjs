// kafkajs behind the common command line. Snappy by the package that its documentation names; lz4
// and zstd, for which the named packages must be compiled, by a prebuilt one and by Node itself.
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import snappy from 'kafkajs-snappy'
import lz4 from 'lz4-napi'
import * as lines from './lines.mjs'

const { Kafka, CompressionTypes, CompressionCodecs, Partitioners, logLevel } = kafkajs

CompressionCodecs[CompressionTypes.Snappy] = snappy
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: encoder => lz4.compressFrame(encoder.buffer),
  decompress: buffer => lz4.decompressFrame(buffer)
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: encoder => promisify(zlib.zstdCompress)(encoder.buffer),
  decompress: buffer => promisify(zlib.zstdDecompress)(buffer)
})
const codecs = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD
}

function connection(address) {
  return new Kafka({
    brokers: [address],
    logLevel: logLevel.WARN,
    logCreator: () => ({ namespace, log }) =>
      lines.problem(namespace, `${log.message} ${log.error ?? ''}`),
    retry: { initialRetryTime: lines.backoff, maxRetryTime: 500, retries: 100 }
  })
}

async function withAdmin(address, act) {
  const admin = connection(address).admin()
  await admin.connect()
  try {
    return await act(admin)
  } finally {
    await admin.disconnect()
  }
}

function consumer(address, groupId) {
  return connection(address).consumer({
    groupId,
    sessionTimeout: lines.sessionTimeout,
    rebalanceTimeout: lines.rebalanceTimeout,
    heartbeatInterval: lines.heartbeatInterval,
    maxWaitTimeInMs: 200
  })
}

const record = (partition, message) => ({
  ...message,
  partition,
  headers: Object.entries(message.headers ?? {})
})

const create = (address, topic, numPartitions) =>
  withAdmin(address, admin => admin.createTopics({ topics: [{ topic, numPartitions }] }))

const remove = (address, topic) =>
  withAdmin(address, admin => admin.deleteTopics({ topics: [topic] }))

async function produce(address, topic, codec, records) {
  // Idempotent: when one partition must wait, as after a restart, all of the request is sent again.
  const producer = connection(address).producer({
    idempotent: true,
    createPartitioner: Partitioners.DefaultPartitioner
  })
  await producer.connect()
  const messages = records.map(one => ({
    ...one,
    timestamp: String(one.timestamp),
    headers: Object.fromEntries(one.headers)
  }))
  const answers = await producer.send({ topic, acks: -1, compression: codecs[codec], messages })
  // One answer for each partition: the offset of its first message.
  const next = new Map(answers.map(one => [one.partition, BigInt(one.baseOffset)]))
  records.forEach(({ partition }, number) => {
    lines.acknowledged(number, partition, next.get(partition))
    next.set(partition, next.get(partition) + 1n)
  })
  await producer.disconnect()
}

async function group(address, topic, groupId) {
  let member
  let ending = false
  const begin = async () => {
    member = consumer(address, groupId)
    // At its REBALANCING a member goes on with what it has; it may keep its generation.
    member.on(member.events.GROUP_JOIN, ({ payload }) =>
      lines.owns(payload.memberAssignment[topic] ?? []))
    // The library takes a connection that is refused while it looks for the coordinator for final.
    member.on(member.events.CRASH, async ({ payload }) => {
      if (payload.restart || ending) return
      lines.owns([])
      await begin()
    })
    await member.connect()
    await member.subscribe({ topics: [topic], fromBeginning: true })
    await member.run({ autoCommit: false, eachBatch: ({ batch }) => take(batch) })
  }
  const take = async ({ partition, messages }) => {
    for (const message of messages) lines.read(record(partition, message))
    const next = BigInt(messages.at(-1).offset) + 1n
    await member.commitOffsets([{ topic, partition, offset: String(next) }])
    lines.committed(partition, next)
  }
  await begin()
  return () => {
    ending = true
    return member.disconnect()
  }
}

async function timestamp(address, topic, millis) {
  const places = await withAdmin(address, async admin => {
    const ends = await admin.fetchTopicOffsets(topic)
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, millis)
    // A time after the last record is answered with the end.
    return found.map(({ partition, offset }) => {
      const end = ends.find(one => one.partition === partition)
      return [partition, BigInt(offset) < BigInt(end.high) ? BigInt(offset) : -1n]
    })
  })
  const wanted = new Map(places.filter(([, offset]) => offset >= 0n))
  for (const [partition, offset] of places) lines.at(partition, offset)
  if (wanted.size > 0) await first(address, topic, wanted)
}

// Reads one record of each partition in `wanted`, from its offset. There is no reading without a
// group: this one commits nothing.
async function first(address, topic, wanted) {
  const reader = consumer(address, `${topic}-by-time`)
  await reader.connect()
  await reader.subscribe({ topics: [topic] })
  await new Promise((resolve, reject) => {
    reader
      .run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          if (wanted.get(partition) !== BigInt(message.offset)) return
          lines.read(record(partition, message))
          wanted.delete(partition)
          if (wanted.size === 0) resolve()
        }
      })
      .catch(reject)
    for (const [partition, offset] of wanted) {
      reader.seek({ topic, partition, offset: String(offset) })
    }
  })
  await reader.disconnect()
}

lines.main({ create, remove, produce, group, timestamp })
