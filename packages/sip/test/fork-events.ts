import fc from 'fast-check'

const ENDS = ['e1', 'e2', 'e3', 'e4'] as const
const METHODS = ['UPDATE', 'INFO', 'PRACK', 'BYE'] as const

/** Something that happens to a call that is forked behind the bridge. */
export type ForkEvent =
	| { readonly kind: 'ring'; readonly end: string; readonly status: number; readonly reliable: boolean }
	| { readonly kind: 'answer'; readonly end: string }
	| { readonly kind: 'ask' | 'ask-back'; readonly pick: number; readonly method: string }
	| { readonly kind: 'reply'; readonly pick: number; readonly status: number }
	| { readonly kind: 'silence'; readonly pick: number }
	| { readonly kind: 'refuse' | 'cancel' | 'hang-up' | 'ack' }
	| { readonly kind: 'time'; readonly ms: number }

const end = fc.constantFrom(...ENDS)
const pick = fc.nat(100)
const kind = <Kind extends string>(value: Kind) => fc.constant(value)

const ring = fc.record({
	kind: kind('ring'),
	end,
	status: fc.constantFrom(180, 183, 183, 199),
	reliable: fc.boolean(),
})
const ask = fc.record({ kind: fc.constantFrom('ask', 'ask-back'), pick, method: fc.constantFrom(...METHODS) })
const reply = fc.record({ kind: kind('reply'), pick, status: fc.constantFrom(200, 200, 200, 481, 408, 500) })

/** Whatever may happen, ringing and talking more often than the end of it all. */
export const forkEvents: fc.Arbitrary<ForkEvent[]> = fc.array(
	fc.oneof(
		{ weight: 6, arbitrary: ring },
		{ weight: 6, arbitrary: ask },
		{ weight: 5, arbitrary: reply },
		{ weight: 2, arbitrary: fc.record({ kind: kind('time'), ms: fc.integer({ min: 1, max: 33_000 }) }) },
		{ weight: 2, arbitrary: fc.record({ kind: kind('answer'), end }) },
		{ weight: 1, arbitrary: fc.record({ kind: kind('silence'), pick }) },
		{ weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('refuse', 'cancel', 'hang-up', 'ack') }) },
	),
	{ maxLength: 50, size: 'max' },
)
