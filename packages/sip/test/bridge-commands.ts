import fc from 'fast-check'
import type { Leg } from '../src/bridge/types.ts'
import { parseCSeq } from '../src/message/cseq.ts'
import type { BridgeModel } from './bridge-model.ts'
import type { BridgeScene } from './bridge-scene.ts'
import { request, response } from './messages.ts'

type BridgeCommand = fc.Command<BridgeModel, BridgeScene>

/** A thing that can happen, when it can happen; afterwards the model takes note of what the bridge made of it. */
function command(
	name: string,
	check: (model: BridgeModel) => boolean,
	run: (model: BridgeModel, scene: BridgeScene) => void,
): BridgeCommand {
	return {
		check: (model) => check(model as BridgeModel),
		run: (model, scene) => {
			run(model, scene)
			model.observe(scene.effects)
		},
		toString: () => name,
	}
}

const leg: fc.Arbitrary<Leg> = fc.constantFrom('caller', 'callee')
const pick = fc.nat(1_000)

function pickFrom<T>(items: Iterable<T>, index: number): T | undefined {
	const all = [...items]
	return all[index % all.length]
}

const METHODS = ['INVITE', 'BYE', 'UPDATE', 'INFO', 'PRACK', 'NOTIFY', 'REFER', 'MESSAGE', 'OPTIONS'] as const

/** A peer sends a request inside the call. A phone hangs up only a call that it has taken part in. */
const asks = fc.tuple(leg, fc.constantFrom(...METHODS)).map(([from, method]) =>
	command(
		`${from} sends ${method}`,
		(model) => method !== 'BYE' || from === 'caller' || model.phoneShown || model.over.has('callee'),
		(model, scene) => {
			const made = scene.makeRequest(from, method)
			const transactionId = `${from}-${model.asked.size}-${method}`
			model.ask(transactionId, from, method, parseCSeq(made.headers.get('CSeq') ?? '')?.number ?? 0)
			scene.input({ type: 'request', leg: from, transactionId, request: made })
		},
	),
)

const responsesOf = (...statuses: number[]) =>
	fc.tuple(pick, fc.constantFrom(...statuses)).map(([index, status]) =>
		command(
			`answer #${index} with ${status}`,
			(model) => model.unanswered.size > 0,
			(model, scene) => respond(model, scene, index, status),
		),
	)

const responses = responsesOf(100, 180, 183, 200, 202, 200)
const refusals = responsesOf(302, 401, 404, 408, 481, 486, 487, 491, 500, 603)

function respond(model: BridgeModel, scene: BridgeScene, index: number, status: number): void {
	const target = pickFrom(model.unanswered.values(), index)
	if (!target) return
	const { id } = target
	if (id === model.initial && status > 100) model.phoneShown = true
	if (status >= 200) model.settle(id, status)
	if (id === 'b1') scene.phone(status)
	else scene.respond(id, status)
}

const fails = fc.tuple(pick, fc.constantFrom('timeout', 'transport')).map(([index, cause]) =>
	command(
		`#${index} fails: ${cause}`,
		(model) => model.unanswered.size > 0,
		(model, scene) => fail(model, scene, index, cause),
	),
)

function fail(model: BridgeModel, scene: BridgeScene, index: number, cause: 'timeout' | 'transport'): void {
	const target = pickFrom(model.unanswered.values(), index)
	if (!target) return
	model.settle(target.id, cause)
	scene.input({ type: 'failed', leg: target.leg, transactionId: target.id, cause })
}

/** A 2xx comes again, in its transaction or after it, or from a second phone. */
const repeats = fc.tuple(pick, fc.constantFrom('again', 'stray', 'fork')).map(([index, how]) =>
	command(
		`2xx #${index} comes ${how}`,
		(model) => model.accepted.length > 0,
		(model, scene) => {
			const { id, leg: from, request: sent } = pickFrom(model.accepted, index) as (typeof model.accepted)[number]
			if (how === 'fork' && id !== 'b1') return
			const tag = how === 'fork' ? 'fork' : 'phone'
			const to = id === 'b1' ? ([['To', `<sip:bob@upstream.example>;tag=${tag}`]] as const) : []
			const again = response(sent, 200, to)
			const transactionId = how === 'again' ? id : undefined
			scene.input({ type: 'response', leg: from, transactionId, response: again })
		},
	),
)

const acks = leg.map((from) =>
	command(
		`${from} sends ACK`,
		(model) => model.unacknowledged(from) !== undefined,
		(model, scene) => acknowledge(model, scene, from),
	),
)

function acknowledge(model: BridgeModel, scene: BridgeScene, from: Leg): void {
	const invite = model.unacknowledged(from)
	if (!invite) return
	invite.acked = true
	scene.ack(from, invite.cseq)
}

const cancels = fc.tuple(leg, pick).map(([from, index]) =>
	command(
		`${from} cancels #${index}`,
		(model) => model.openInvites(from).length > 0,
		(model, scene) => {
			const invite = pickFrom(model.openInvites(from), index)
			if (!invite) return
			scene.input({ type: 'cancel', leg: from, transactionId: invite.id, cancel: request('CANCEL') })
		},
	),
)

const anytime = () => true

const owner = fc.constantFrom(
	command('withdraw', anytime, (_model, scene) => scene.input({ type: 'withdraw' })),
	command('nothing', anytime, () => {}),
	command('hang up', anytime, (_model, scene) => scene.input({ type: 'hang-up' })),
	command('retarget', anytime, (_model, scene) =>
		scene.input({ type: 'retarget', leg: 'callee', remoteTarget: 'sip:elsewhere.example' }),
	),
)

const credentials = fc.boolean().map((has) =>
	command(
		`${has ? '' : 'no '}credentials`,
		(model) => model.challenged.length > 0,
		(model, scene) => authorize(model, scene, has),
	),
)

function authorize(model: BridgeModel, scene: BridgeScene, has: boolean): void {
	const transactionId = model.challenged.shift()
	if (transactionId === undefined) return
	scene.input({ type: 'credentials', transactionId, headers: has ? [['Authorization', 'Digest x']] : [] })
}

const time = fc
	.integer({ min: 1, max: 33_000 })
	.map((ms) => command(`${ms} ms pass`, anytime, (_model, scene) => scene.time.advance(ms)))

/** Everything that can happen to a bridge, the usual more often than the rest. */
export const bridgeCommands = fc.commands(
	[
		asks,
		asks,
		asks,
		responses,
		responses,
		responses,
		responses,
		acks,
		acks,
		acks,
		credentials,
		refusals,
		fails,
		repeats,
		cancels,
		owner,
		time,
	],
	{ maxCommands: 60, size: '+1' },
)

/** The call is answered and acknowledged. */
export function beginTalking(model: BridgeModel, scene: BridgeScene): void {
	respond(model, scene, 0, 200)
	model.observe(scene.effects)
	acknowledge(model, scene, 'caller')
	model.observe(scene.effects)
}

/** Lets everything come to rest: the peers answer all that is open, or never will again. */
export function comeToRest(model: BridgeModel, scene: BridgeScene, alive: boolean): void {
	for (let round = 0; round < 50; round++) {
		while (model.challenged.length > 0) authorize(model, scene, false)
		model.observe(scene.effects)
		if (model.unanswered.size > 0) {
			if (alive) respond(model, scene, 0, 200)
			else fail(model, scene, 0, 'timeout')
		} else if (alive && model.unacknowledged('caller')) acknowledge(model, scene, 'caller')
		else if (alive && model.unacknowledged('callee')) acknowledge(model, scene, 'callee')
		else if (scene.runningTimers.length > 0) scene.time.runToEnd()
		else return
	}
	throw new Error('the bridge never comes to rest')
}
