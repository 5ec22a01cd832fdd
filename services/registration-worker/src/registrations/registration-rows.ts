const FIRST_ROWS = 256
const GROWTH = 1.25
const ROW_BYTES = 88

/** Elements of each view that one row takes: a row's field is at `row * WIDTH.f64 + AT.dueAtMs`, for example. */
export const WIDTH = { f64: ROW_BYTES / 8, i32: ROW_BYTES / 4, u16: ROW_BYTES / 2, u8: ROW_BYTES } as const

/** Where in its row each field is, by the view that it is read with. */
export const F64 = { revision: 0, boundUntilMs: 1, dueAtMs: 2, sinceMs: 3 } as const
export const I32 = {
	nonceCount: 8,
	expiresSeconds: 9,
	minExpiresSeconds: 10,
	grantedSeconds: 11,
	generation: 12,
	accountVersion: 13,
	shownVersion: 14,
	attempt: 15,
	cseqCount: 16,
} as const
export const F32 = { spread: 17 } as const
/** `homeRealm` and `challengeKind` count from 1; 0 for none, or for challenges that are kept aside. */
export const U16 = { shownSip: 36, challengeKind: 37, homeRealm: 41 } as const
/** `flags`: see `flagsOf` of the table. */
export const U8 = { phase: 76, flags: 77, failures: 78, repeats: 79, shown: 80 } as const

/**
 * The numbers of every registration, one row of 88 octets each, seen through views of every width. A refresh reads a whole row
 * twice: with a flat array for each field it would wait for the memory twenty times where there are a million.
 */
export class RegistrationRows {
	#rows = 0
	f64 = new Float64Array(0)
	i32 = new Int32Array(0)
	f32 = new Float32Array(0)
	u16 = new Uint16Array(0)
	u8 = new Uint8Array(0)

	/** Makes room for that row. */
	reserve(row: number): void {
		if (row < this.#rows) return
		const rows = Math.max(row + 1, Math.ceil(this.#rows * GROWTH), FIRST_ROWS)
		const memory = new ArrayBuffer(rows * ROW_BYTES)
		const before = this.u8
		this.f64 = new Float64Array(memory)
		this.i32 = new Int32Array(memory)
		this.f32 = new Float32Array(memory)
		this.u16 = new Uint16Array(memory)
		this.u8 = new Uint8Array(memory)
		this.u8.set(before)
		this.#rows = rows
	}
}
