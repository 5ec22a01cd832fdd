/** Keys whose values are one of a few: they are kept with the shape. */
const FEW_VALUES: ReadonlySet<string> = new Set(['platform', 'activity', 'kind', 'disabled'])
/** Shapes are combinations of optional keys and few-valued ones; far more than can come up. */
const MOST_SHAPES = 10_000

type Plain = Readonly<Record<string, unknown>>
type Packed = readonly [shape: number, ...values: unknown[]]

interface Shape {
	/** Keys whose values are written out, in the order of the object. */
	readonly keys: readonly (readonly [key: string, fixed: boolean, value: unknown])[]
}

/**
 * Writes objects without their keys: objects of one kind have the same keys, which are kept once as a shape, together
 * with values that are one of a few. Works for any plain object, so that a new field needs nothing here.
 */
export class PackedValues {
	readonly #byKey = new Map<string, number>()
	readonly #shapes: Shape[] = []

	pack(object: Plain): Packed {
		const keys: Shape['keys'][number][] = []
		const values: unknown[] = []
		for (const [key, value] of Object.entries(object)) {
			if (value === undefined) continue
			const fixed = typeof value === 'boolean' || FEW_VALUES.has(key)
			keys.push([key, fixed, fixed ? value : null])
			if (!fixed) values.push(value)
		}
		return [this.#number(keys), ...values]
	}

	unpack([number, ...values]: Packed): Record<string, unknown> {
		const shape = this.#shapes[number]
		if (!shape) throw new RangeError(`there is no shape ${number}`)
		const object: Record<string, unknown> = {}
		let at = 0
		for (const [key, fixed, value] of shape.keys) object[key] = fixed ? value : values[at++]
		return object
	}

	#number(keys: Shape['keys']): number {
		const key = JSON.stringify(keys)
		const known = this.#byKey.get(key)
		if (known !== undefined) return known
		if (this.#shapes.length >= MOST_SHAPES) throw new RangeError('too many kinds of records')
		const number = this.#shapes.push({ keys }) - 1
		this.#byKey.set(key, number)
		return number
	}
}
