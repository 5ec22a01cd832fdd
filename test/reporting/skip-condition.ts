/**
 * Why a line of a test file skips its test: `skipIf(!redisUrl)` gives `skipped if !redisUrl`, `runIf(isRoot)` gives
 * `runs only if isRoot`. Undefined when the line has no condition.
 */
export function skipCondition(line: string): string | undefined {
	const start = /\.(skipIf|runIf)\(/.exec(line)
	if (!start) return undefined
	const condition = upToClosing(line.slice(start.index + start[0].length))
	return start[1] === 'skipIf' ? `skipped if ${condition}` : `runs only if ${condition}`
}

function upToClosing(text: string): string {
	let depth = 0
	for (let index = 0; index < text.length; index++) {
		if (text[index] === '(') depth++
		else if (text[index] === ')' && depth-- === 0) return text.slice(0, index)
	}
	return text
}
