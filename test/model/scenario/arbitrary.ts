import type { RegistrationMode } from '@vigil/domain'
import fc from 'fast-check'
import {
	type Command,
	type Fate,
	type RegistrarTraits,
	type Scenario,
	type ServerWays,
	swapsContacts,
} from './scenario.ts'

const MOST_COMMANDS = 24

const seconds = (most: number) => fc.integer({ min: 0, max: most }).map((value) => value * 1000)

const fate: fc.Arbitrary<Fate> = fc.oneof(
	fc.record({ is: fc.constant('prompt' as const) }),
	fc.record({ is: fc.constant('lost' as const) }),
	fc.record({ is: fc.constant('slow' as const), ms: fc.integer({ min: 20, max: 15_000 }) }),
	fc.record({ is: fc.constant('unanswered' as const), ms: fc.integer({ min: 20, max: 31_000 }) }),
	fc.record({ is: fc.constant('late' as const), ms: fc.integer({ min: 1, max: 5000 }) }),
	fc.record({ is: fc.constant('broken' as const), ms: fc.integer({ min: 20, max: 5000 }), landed: fc.boolean() }),
	fc.record({ is: fc.constant('echoed' as const), ms: fc.integer({ min: 1, max: 60_000 }) }),
)

const phone = fc.nat(2)
const mode = fc.constantFrom<RegistrationMode[]>(0, 1, 2, 3)
const act = (name: 'foreground' | 'background' | 'kill') =>
	phone.map((number): Command => ({ do: name, phone: number }))

const wait: fc.Arbitrary<Command> = fc
	.oneof(
		{ weight: 4, arbitrary: fc.integer({ min: 1, max: 900 }) },
		{ weight: 3, arbitrary: seconds(40) },
		{ weight: 2, arbitrary: seconds(700) },
	)
	.map((ms) => ({ do: 'wait', ms }))

const network: fc.Arbitrary<Command> = fc.record({
	do: fc.constant('network'),
	of: fc.constantFrom('service', 'phones', 'api'),
	fates: fc.array(fate, { minLength: 1, maxLength: 3 }),
})

const refuse: fc.Arbitrary<Command> = fc.record({
	do: fc.constant('refuse'),
	whom: fc.constantFrom('service', 'phones'),
	status: fc.constantFrom(403, 408, 480, 500, 503),
	times: fc.integer({ min: 1, max: 4 }),
	retryAfterSeconds: fc.constantFrom(0, 0, 7, 120),
})

const account: fc.Arbitrary<Command> = fc.oneof(
	{ weight: 3, arbitrary: mode.map((to): Command => ({ do: 'mode', mode: to })) },
	{
		weight: 3,
		arbitrary: fc
			.tuple(fc.constantFrom('push', 'disabled'), fc.boolean())
			.map(([name, on]): Command => ({ do: name as 'push' | 'disabled', on })),
	},
	{
		weight: 1,
		arbitrary: fc.tuple(phone, fc.boolean()).map(([n, live]): Command => ({ do: 'token', phone: n, live })),
	},
	{
		weight: 1,
		arbitrary: fc.constantFrom(60, 300, 600).map((value): Command => ({ do: 'refresh-interval', seconds: value })),
	},
)

const worker: fc.Arbitrary<Command> = fc.oneof(
	fc.integer({ min: 6000, max: 60_000 }).map((downMs): Command => ({ do: 'crash-worker', downMs })),
	fc.integer({ min: 1, max: 3 }).map((times): Command => ({ do: 'lose-signals', times })),
	fc.integer({ min: 1, max: 2000 }).map((ms): Command => ({ do: 'pace', ms })),
	fc.constant<Command>({ do: 'new-nonce' }),
	fc.constant<Command>({ do: 'flow-lost' }),
	fc.record({
		do: fc.constant('restart-registrar' as const),
		startsMs: fc.integer({ min: 0, max: 4000 }),
		retryAfterSeconds: fc.constantFrom(5, 300),
	}),
)

const command: fc.Arbitrary<Command> = fc.oneof(
	{ weight: 10, arbitrary: wait },
	{ weight: 5, arbitrary: act('foreground') },
	{ weight: 4, arbitrary: act('background') },
	{ weight: 2, arbitrary: act('kill') },
	{ weight: 4, arbitrary: network },
	{ weight: 2, arbitrary: refuse },
	{ weight: 2, arbitrary: account },
	{ weight: 3, arbitrary: worker },
)

const seldom = <Value>(usual: Value, ...others: Value[]) => fc.constantFrom(usual, usual, ...others)

const anyWays: fc.Arbitrary<ServerWays> = fc.record({
	processes: seldom<ServerWays['processes']>('all', 'first'),
	zeroRemoves: seldom<ServerWays['zeroRemoves']>('contact', 'user'),
	connectionEnd: seldom<ServerWays['connectionEnd']>('nothing', 'removes', 'strands'),
	shows: seldom<ServerWays['shows']>('as-sent', 'source', 'escaped-user', 'own-user'),
	listsOthersOnly: seldom(false, true),
})

/** No server is known that hides contacts under names of its own and does so twice: which is ours, nobody could tell. */
const ways = anyWays.map((drawn): ServerWays => {
	if (drawn.shows !== 'own-user') return drawn
	const connectionEnd = drawn.connectionEnd === 'strands' ? 'removes' : drawn.connectionEnd
	return { ...drawn, connectionEnd, listsOthersOnly: false }
})

const byTheBook: fc.Arbitrary<RegistrarTraits> = fc.record({
	second: fc.constantFrom('kept', 'overwrites', 'refused'),
	lists: fc.constantFrom('always', 'always', 'always', 'in-2xx', 'never'),
	grantsSeconds: fc.constantFrom(600, 3600, 60, 120),
	minSeconds: fc.constantFrom(0, 0, 0, 700),
	challenges: fc.boolean(),
})

const registrar: fc.Arbitrary<RegistrarTraits> = fc.oneof(
	byTheBook,
	fc.tuple(byTheBook, ways).map(([traits, deviations]) => ({ ...traits, ways: deviations })),
)

/** Any scenario, or any that begins in that mode. */
export function scenarios(only?: RegistrationMode): fc.Arbitrary<Scenario> {
	return fc
		.record({
			mode: only === undefined ? mode : fc.constant(only),
			registrar,
			phones: fc.integer({ min: 1, max: 3 }),
			leaseSeconds: fc.constantFrom(40, 120, 280),
			contactSwap: fc.boolean(),
			phonesSwap: fc.boolean(),
			commands: fc.array(command, { maxLength: MOST_COMMANDS, size: 'max' }),
		})
		.map(({ contactSwap, ...scenario }) =>
			contactSwap && swapsContacts(scenario.registrar) ? { ...scenario, contactSwap } : scenario,
		)
}
