import type { WrittenInput } from './reports.ts'

/** Whether these inputs still do it. */
export type StillFails = (inputs: readonly WrittenInput[]) => Promise<boolean>

/** The search ends where it is when one of these is used up; what it has then is small enough. */
export interface SearchBounds {
	readonly tries: number
	readonly milliseconds: number
}

const BOUNDS: SearchBounds = { tries: 80, milliseconds: 120_000 }

/**
 * Fewer and shorter inputs that still fail: first whole inputs are left out, then bytes. Undefined
 * when not even all of them together fail again.
 */
export async function minimise(
	inputs: readonly WrittenInput[],
	stillFails: StillFails,
	bounds: SearchBounds = BOUNDS,
): Promise<readonly WrittenInput[] | undefined> {
	const endAt = performance.now() + bounds.milliseconds
	let left = bounds.tries
	const asked: StillFails = async (candidate) => {
		if (left <= 0 || performance.now() > endAt) return false
		left--
		return stillFails(candidate)
	}
	const last = inputs.slice(-1)
	let fewest = inputs
	if (await asked(last)) fewest = last
	else if (!(await asked(inputs))) return undefined
	else fewest = await leaveOut(inputs, asked)
	for (let i = 0; i < fewest.length; i++) fewest = await shorten(fewest, i, asked)
	return fewest
}

/** Halves, quarters and so on are left out while what is left fails. */
async function leaveOut<T>(
	items: readonly T[],
	asked: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
	let kept = items
	for (
		let size = Math.ceil(kept.length / 2);
		size >= 1 && kept.length > 1;
		size = size === 1 ? 0 : Math.ceil(size / 2)
	) {
		for (let at = 0; at < kept.length && kept.length > 1; ) {
			const candidate = [...kept.slice(0, at), ...kept.slice(at + size)]
			if (candidate.length > 0 && (await asked(candidate))) kept = candidate
			else at += size
		}
	}
	return kept
}

async function shorten(
	inputs: readonly WrittenInput[],
	index: number,
	asked: StillFails,
): Promise<readonly WrittenInput[]> {
	const input = inputs[index]
	if (!input) return inputs
	const withBytes = (bytes: readonly string[]) =>
		inputs.map((each, i) => (i === index ? { ...input, hex: bytes.join('') } : each))
	const bytes = input.hex.match(/../g) ?? []
	const kept = await leaveOut(bytes, (candidate) => asked(withBytes(candidate)))
	return withBytes(kept)
}
