/** More often than V8 lets a function run before it keeps notes of the objects that it sees. */
const ENOUGH = 1000

/**
 * Makes the methods of strings fast again. ioredis has a class that extends String: V8 then keeps `String.prototype` as a
 * dictionary, and every `charCodeAt`, `indexOf` and `length` of the process takes the slow way, four times the processor
 * time of a loop over a string. A prototype becomes fast, and stays so, once a property of an object with it was read
 * where V8 takes notes; strings are no objects, so that never happens by itself.
 */
export function keepStringsFast(): void {
	const text = Object('text') as string
	for (let i = 0; i < ENOUGH; i++) readMethod(text)
}

function readMethod(text: string): unknown {
	return text.charCodeAt
}
