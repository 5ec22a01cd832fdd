type Numbers = Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array

const FIRST_ROWS = 256
const GROWTH = 1.25

/** The flat arrays that hold one number of every registration each; they grow together. */
export class RegistrationColumns {
	#rows = 0
	phase = new Uint8Array(0)
	/** See `flagsOf` of the table. */
	flags = new Uint8Array(0)
	failures = new Uint8Array(0)
	challengeRounds = new Uint8Array(0)
	shown = new Uint8Array(0)
	shownSip = new Uint16Array(0)
	/** Kind of the one challenge held, counted from 1; 0 for none or for what is kept aside. */
	challengeKind = new Uint16Array(0)
	nonceCount = new Int32Array(0)
	expiresSeconds = new Int32Array(0)
	minExpiresSeconds = new Int32Array(0)
	grantedSeconds = new Int32Array(0)
	generation = new Int32Array(0)
	accountVersion = new Int32Array(0)
	shownVersion = new Int32Array(0)
	attempt = new Int32Array(0)
	cseqCount = new Int32Array(0)
	spread = new Float32Array(0)
	revision = new Float64Array(0)
	boundUntilMs = new Float64Array(0)
	dueAtMs = new Float64Array(0)
	sinceMs = new Float64Array(0)

	/** Makes room for that row. */
	reserve(row: number): void {
		if (row < this.#rows) return
		const rows = Math.max(row + 1, Math.ceil(this.#rows * GROWTH), FIRST_ROWS)
		for (const [name, column] of Object.entries(this) as [keyof this, Numbers][]) {
			const larger = new (column.constructor as new (length: number) => Numbers)(rows)
			larger.set(column)
			this[name] = larger as this[keyof this]
		}
		this.#rows = rows
	}
}
