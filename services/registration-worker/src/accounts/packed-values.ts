/** Keys whose values are one of a few: they are kept with the shape. */
const FEW_VALUES: ReadonlySet<string> = new Set(['platform', 'activity', 'kind', 'pushAppId'])
/** Shapes are combinations of optional keys and few-valued ones; beyond so many, values are written out. */
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
		return this.#packed(object, this.#shapes.length < MOST_SHAPES)
	}

	#packed(object: Plain, mayFix: boolean): Packed {
		const keys: Shape['keys'][number][] = []
		const values: unknown[] = []
		for (const [key, value] of Object.entries(object)) {
			if (value === undefined) continue
			const fixed = mayFix && (typeof value === 'boolean' || FEW_VALUES.has(key))
			keys.push([key, fixed, fixed ? value : null])
			if (!fixed) values.push(shortened(value))
		}
		return [this.#number(keys), ...values]
	}

	unpack([number, ...values]: Packed): Record<string, unknown> {
		const shape = this.#shapes[number]
		if (!shape) throw new RangeError(`there is no shape ${number}`)
		const object: Record<string, unknown> = {}
		let at = 0
		for (const [key, fixed, value] of shape.keys) object[key] = fixed ? value : lengthened(values[at++])
		return object
	}

	#number(keys: Shape['keys']): number {
		const key = JSON.stringify(keys)
		const known = this.#byKey.get(key)
		if (known !== undefined) return known
		const number = this.#shapes.push({ keys }) - 1
		this.#byKey.set(key, number)
		return number
	}
}

const HEX = /^(?:[0-9a-f]{2}){12,}$/
const UUID_URN = /^urn:uuid:([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/

/** Long hexadecimal text and UUIDs as base64, behind a mark; text that begins with the mark gets one more. */
function shortened(value: unknown): unknown {
	if (typeof value !== 'string') return value
	if (HEX.test(value)) return `~h${base64(value)}`
	if (UUID_URN.test(value)) return `~u${base64(value.slice(9).replaceAll('-', ''))}`
	return value.startsWith('~') ? `~${value}` : value
}

function lengthened(value: unknown): unknown {
	if (typeof value !== 'string' || !value.startsWith('~')) return value
	if (value.startsWith('~~')) return value.slice(1)
	const hex = Buffer.from(value.slice(2), 'base64url').toString('hex')
	if (value.startsWith('~h')) return hex
	return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function base64(hex: string): string {
	return Buffer.from(hex, 'hex').toString('base64url')
}
