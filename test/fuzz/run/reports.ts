/** What the process that runs a target tells the one that watches it. */
export type Report =
	/** The inputs from there on are about to be fed; everything before is dealt with. */
	| { readonly type: 'batch'; readonly from: number }
	/** The target has been brought to rest. */
	| { readonly type: 'rest'; readonly heapBytes: number; readonly left: Readonly<Record<string, number>> }
	/** Something that must never happen has happened, at that input or at the look after it. */
	| { readonly type: 'finding'; readonly at: number; readonly exact: boolean; readonly what: string }
	| { readonly type: 'done'; readonly inputs: number }

/** What a process that runs a target is told to do. */
export type Order =
	| { readonly type: 'run'; readonly target: string; readonly seed: number; readonly seconds: number }
	/** Feeds these inputs and looks whether all is well. */
	| { readonly type: 'replay'; readonly target: string; readonly inputs: readonly WrittenInput[] }

/** An input as text, so that it can be sent. */
export interface WrittenInput {
	readonly hex: string
	readonly way: number
	readonly cuts: readonly number[]
}
