// The text that the programs of this folder read and write (../README.md), and their common command
// line. Bytes are Buffers, null is null, offsets are BigInt.
import fs from 'node:fs'

// What every member of a group uses, in milliseconds.
export const sessionTimeout = 10_000
export const rebalanceTimeout = 10_000
export const heartbeatInterval = 300
export const backoff = 100

function say(line) {
  fs.writeSync(1, line + '\n')
}

const hex = bytes => (bytes === null || bytes === undefined ? '-' : bytes.toString('hex'))
const bytes = field => (field === '-' ? null : Buffer.from(field, 'hex'))

export const acknowledged = (number, partition, offset) => say(`${number} ${partition} ${offset}`)
export const committed = (partition, offset) => say(`committed ${partition} ${offset}`)
// -1: no record is that late.
export const at = (partition, offset) => say(`at ${partition} ${offset}`)
export const problem = (what, error) => process.stderr.write(`${what}: ${error?.stack ?? error}\n`)

let owned = []

// The partitions that this member has now; says what has gone and what has come.
export function owns(partitions) {
  const gone = owned.filter(partition => !partitions.includes(partition))
  const come = partitions.filter(partition => !owned.includes(partition))
  if (gone.length > 0) say(`revoked ${gone.join(',')}`)
  if (come.length > 0) say(`assigned ${come.join(',')}`)
  owned = [...partitions]
}

export const isOwned = partition => owned.includes(partition)

// `headers` is a list of [name, value].
export function read({ partition, offset, timestamp, key, value, headers }) {
  const pairs = headers.map(([name, content]) => `${hex(Buffer.from(name))}:${hex(content)}`)
  say(`record\t${partition}\t${offset}\t${timestamp}\t${hex(key)}\t${hex(value)}\t${pairs}`)
}

function parse(line) {
  const [partition, , timestamp, key, value, headers] = line.split('\t')
  return {
    partition: Number(partition),
    timestamp: BigInt(timestamp),
    key: bytes(key),
    value: bytes(value),
    headers: headers.split(',').filter(Boolean).map(pair => {
      const [name, content] = pair.split(':')
      return [bytes(name).toString(), bytes(content)]
    })
  }
}

function records() {
  return fs.readFileSync(0, 'latin1').split('\n').filter(Boolean).map(parse)
}

// Runs the verb of the command line and ends the process, whatever a library has left open.
// `client` has create, remove, produce, group (resolves, when the member runs, to a function that
// leaves the group) and timestamp.
export function main(client) {
  run(client, process.argv.slice(2)).then(
    () => process.exit(0),
    error => {
      problem('failed', error)
      process.exit(1)
    }
  )
}

async function run(client, [verb, address, topic, argument]) {
  switch (verb) {
    case 'create':
      return client.create(address, topic, Number(argument))
    case 'delete':
      return client.remove(address, topic)
    case 'produce':
      return client.produce(address, topic, argument, records())
    case 'timestamp':
      return client.timestamp(address, topic, Number(argument))
    case 'group': {
      const end = new Promise(resolve => process.once('SIGTERM', resolve))
      const leave = await client.group(address, topic, argument)
      await end
      await leave()
      return say('left')
    }
    default:
      throw new Error(`no verb ${verb}`)
  }
}
