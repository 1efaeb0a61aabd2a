// The same answers by graphql-yoga 5, pg and dataloader, as its guides show them: a loader for each kind of record of a request.
import { createDecipheriv, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import DataLoader from 'dataloader'
import { createSchema, createYoga } from 'graphql-yoga'
import pg from 'pg'

const settings = JSON.parse(readFileSync(process.env.PEER_SETTINGS, 'utf8'))
const where = { host: settings.socket_folder, database: settings.database, user: 'postgres' }
const pool = new pg.Pool({ ...where, max: 10, min: 10 })

// Moments and dates stay as the database writes them: a Date would lose the microseconds.
pg.types.setTypeParser(1184, text => text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))
pg.types.setTypeParser(1082, text => text)

const key = Buffer.from(settings.cipher, 'base64')
const tokenKey = createPublicKey(settings.token_key)
const known = new Map()

// Node has no AES-GCM-SIV, so the same is sealed for it once more with AES-GCM, in a column of its own.
function unseal(sealed) {
  const kept = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, kept.subarray(0, 12))
  decipher.setAuthTag(kept.subarray(-16))
  return JSON.parse(decipher.update(kept.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8'))
}

function actorOf(header) {
  let actor = known.get(header)
  if (actor === undefined) {
    const [head, claims, signature] = header.slice('Bearer '.length).split('.')
    const signed = Buffer.from(`${head}.${claims}`)
    if (!verify(null, signed, tokenKey, Buffer.from(signature, 'base64url'))) throw new Error('forged')
    actor = JSON.parse(Buffer.from(claims, 'base64url').toString())
    known.set(header, actor)
  }
  if (actor.exp * 1000 < Date.now()) throw new Error('expired')
  return actor
}

async function rows(name, text, values) {
  return (await pool.query({ name, text, values })).rows
}

function loader(name, text, column, many) {
  return new DataLoader(async ids => {
    const groups = new Map(ids.map(id => [id, []]))
    for (const row of await rows(name, text, [ids])) groups.get(row[column]).push(row)
    return ids.map(id => (many ? groups.get(id) : groups.get(id)[0] ?? null))
  })
}

const context = ({ request }) => {
  const header = request.headers.get('authorization')
  return {
    actor: header === null ? null : actorOf(header),
    holders: loader('holders', 'SELECT id, sealed_gcm FROM holders WHERE id = ANY($1)', 'id', false),
    cards: loader('cards', `SELECT ${CARD} FROM cards WHERE id = ANY($1)`, 'id', false),
    cardsOf: loader(
      'cardsOf', `SELECT ${CARD} FROM cards WHERE holder_id = ANY($1) ORDER BY issued_on, id`, 'holder_id', true,
    ),
    timelines: loader('timelines', `SELECT * FROM timeline WHERE operation_id = ANY($1) ORDER BY at, id`, 'operation_id', true),
    decisions: loader(
      'decisions', 'SELECT operation_id, service, allowed FROM decisions WHERE operation_id = ANY($1) ORDER BY at, id',
      'operation_id', true,
    ),
  }
}

const CARD = 'id, holder_id, sealed_gcm, state, state_since, bank, region, issued_on, expires_on, account_state'
const OPERATION = 'id, service, state, fees, created_at, region, holder_id, card_id'
const NODES = ['accepted', 'produced', 'shipped', 'received']
const globalId = (kind, id) => Buffer.from(`${kind}:${id}`).toString('base64')
const localId = id => Buffer.from(id, 'base64').toString().split(':')[1]
const upper = state => state && state.toUpperCase()
const masked = number => number && `****${number.slice(-4)}`
const timeline = (row, _, { timelines }) => timelines.load(row.id)

const typeDefs = `
  type Query {
    holder(id: ID!): Holder
    operations(first: Int): OperationConnection!
    operation(id: ID!): Operation
  }
  type Holder { id: ID! name: String! identityNumber: String! bornOn: String! mobile: String cards: [Card!]! }
  type Card {
    id: ID! number: String! state: String! stateSince: String! bank: String! regionCode: String! issuedOn: String!
    expiresOn: String accountState: String!
  }
  type OperationConnection { edges: [OperationEdge!]! }
  type OperationEdge { node: Operation! }
  type Operation {
    id: ID! service: String! state: String! due: Int! createdAt: String! regionName: Text holder: Holder card: Card
    timeline: [TimelineEntry!]! progress: [ProgressNode!]! decisions: [RecordedDecision!]!
  }
  type Text { text: String! }
  type TimelineEntry { at: String! event: String! fromState: String toState: String! role: String! channel: String }
  type ProgressNode { state: String! at: String }
  type RecordedDecision { service: String! allowed: Boolean! }
`

const resolvers = {
  Query: {
    holder: (_, { id }, { actor, holders }) => {
      if (localId(id) !== actor.sub) throw new Error('not yours')
      return holders.load(actor.sub)
    },
    operations: async (_, { first }, { actor }) => {
      const found = await rows(
        'operations', `SELECT ${OPERATION} FROM operations WHERE holder_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2`,
        [actor.sub, first + 1],
      )
      return { edges: found.slice(0, first).map(node => ({ node })) }
    },
    operation: async (_, { id }, { actor }) => {
      const [found] = await rows('operation', `SELECT ${OPERATION} FROM operations WHERE id = $1`, [localId(id)])
      if (found.holder_id !== actor.sub) throw new Error('not yours')
      return found
    },
  },
  Holder: {
    id: row => globalId('Holder', row.id),
    name: row => (row.personal ??= unseal(row.sealed_gcm)).name,
    identityNumber: row => masked((row.personal ??= unseal(row.sealed_gcm)).identity_number),
    bornOn: row => (row.personal ??= unseal(row.sealed_gcm)).born_on.$date,
    mobile: row => masked((row.personal ??= unseal(row.sealed_gcm)).mobile),
    cards: (row, _, { cardsOf }) => cardsOf.load(row.id),
  },
  Card: {
    id: row => globalId('Card', row.id),
    number: row => unseal(row.sealed_gcm).number,
    state: row => upper(row.state),
    stateSince: row => row.state_since,
    regionCode: row => row.region,
    issuedOn: row => row.issued_on,
    expiresOn: row => row.expires_on,
    accountState: row => upper(row.account_state),
  },
  Operation: {
    id: row => globalId('Operation', row.id),
    state: row => upper(row.state),
    due: row =>
      row.fees
        .filter(fee => fee.payer === 'holder' && fee.waived_by === null && fee.paid_at === null)
        .reduce((sum, fee) => sum + fee.amount, 0),
    createdAt: row => row.created_at,
    regionName: row => ({ text: settings.regions[row.region] }),
    holder: (row, _, { holders }) => holders.load(row.holder_id),
    card: (row, _, { cards }) => row.card_id && cards.load(row.card_id),
    timeline,
    progress: async (row, _, { timelines }) => {
      const entries = (await timelines.load(row.id)).filter(entry => entry.from_state !== entry.to_state)
      const reached = new Map(entries.map(entry => [entry.to_state, entry.at]))
      return NODES.map(state => ({ state: upper(state), at: reached.get(state) ?? null }))
    },
    decisions: (row, _, { decisions }) => decisions.load(row.id),
  },
  TimelineEntry: {
    fromState: row => upper(row.from_state),
    toState: row => upper(row.to_state),
  },
}

const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), context, logging: false, graphiql: false })
createServer(yoga).listen(Number(process.argv[2]), '127.0.0.1')
