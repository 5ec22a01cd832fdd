/** Keys whose values are one of a few: they are kept with the shape. */
const FEW_VALUES: ReadonlySet<string> = new Set(['platform', 'activity', 'kind', 'pushAppId'])
/** Shapes are combinations of optional keys and few-valued ones; beyond so many, values are written out. */
const MOST_SHAPES = 10_000

const NOTHING: ReadonlySet<string> = new Set()

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
	/** By keys and fixed values, each with a NUL behind it. */
	readonly #byName = new Map<string, number>()
	readonly #shapes: Shape[] = []

	/** `without` names keys that are kept elsewhere. */
	pack(given: object, without: ReadonlySet<string> = NOTHING): Packed {
		const object = given as Plain
		const mayFix = this.#shapes.length < MOST_SHAPES
		const packed: [number, ...unknown[]] = [0]
		// Every account is packed when a worker starts: no list of entries, no text of them.
		let name = ''
		for (const key in object) {
			const value = object[key]
			if (value === undefined || without.has(key)) continue
			if (mayFix && isFixed(key, value)) name += `${key}\0${typeof value}\0${value}\0`
			else {
				name += `${key}\0\0`
				packed.push(shortened(value))
			}
		}
		packed[0] = this.#byName.get(name) ?? this.#add(name, object, without, mayFix)
		return packed
	}

	unpack([number, ...values]: Packed): Record<string, unknown> {
		const shape = this.#shapes[number]
		if (!shape) throw new RangeError(`there is no shape ${number}`)
		const object: Record<string, unknown> = {}
		let at = 0
		for (const [key, fixed, value] of shape.keys) object[key] = fixed ? value : lengthened(values[at++])
		return object
	}

	#add(name: string, object: Plain, without: ReadonlySet<string>, mayFix: boolean): number {
		const keys = Object.entries(object)
			.filter(([key, value]) => value !== undefined && !without.has(key))
			.map(([key, value]) =>
				mayFix && isFixed(key, value) ? ([key, true, value] as const) : ([key, false, null] as const),
			)
		const number = this.#shapes.push({ keys }) - 1
		this.#byName.set(name, number)
		return number
	}
}

function isFixed(key: string, value: unknown): boolean {
	return typeof value === 'boolean' || (typeof value === 'string' && FEW_VALUES.has(key) && !value.includes('\0'))
}

const LEAST_HEX = 24
const HEX = /^(?:[0-9a-f]{2})+$/
const UUID_URN_LENGTH = 45
const UUID_URN = /^urn:uuid:([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/

/** Long hexadecimal text and UUIDs as base64, behind a mark; text that begins with the mark gets one more. */
function shortened(value: unknown): unknown {
	if (typeof value !== 'string') return value
	if (value.length >= LEAST_HEX && HEX.test(value)) return `~h${base64(value)}`
	if (value.length === UUID_URN_LENGTH && UUID_URN.test(value)) return `~u${base64(value.slice(9).replaceAll('-', ''))}`
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
