/** The known name that a mistyped one most probably means; undefined when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
	let best: { name: string; distance: number } | undefined
	for (const candidate of known) {
		const distance = editDistance(name, candidate)
		if (best === undefined || distance < best.distance) best = { name: candidate, distance }
	}
	const tolerance = Math.max(2, Math.floor(name.length / 4))
	return best !== undefined && best.distance <= tolerance ? best.name : undefined
}

/** Levenshtein distance: insertions, deletions and replacements of one character. */
function editDistance(left: string, right: string): number {
	let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
	for (let row = 1; row <= left.length; row += 1) {
		const current = [row]
		for (let column = 1; column <= right.length; column += 1) {
			const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
			current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
		}
		previous = current
	}
	return previous[right.length] ?? 0
}
