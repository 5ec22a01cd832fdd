import { inspect } from 'node:util'
import { Secret } from '@vigil/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyRing, KeyRingError, newKeyText, SealError, type SealedPlace } from './key-ring.ts'

const seed = process.env.VIGIL_TEST_SEED
const parameters = seed === undefined ? {} : { seed: Number(seed) }

const oldKey = newKeyText('old')
const newKey = newKeyText('new')
const ring = KeyRing.fromText(newKey)
const place: SealedPlace = { table: 'accounts', rowId: 'acc_1', column: 'password' }

function open(sealed: string, where = place, keys = ring): string {
	return keys.open(sealed, where).reveal()
}

describe('KeyRing.fromText', () => {
	it('takes the first key to seal', () => {
		expect(KeyRing.fromText(`${newKey}, ${oldKey}`).currentKeyId).toBe('new')
	})

	it.each([
		['nothing', '', /Key 1 .* id:base64/],
		['no id', newKey.slice(3), /Key 1 .* id:base64/],
		['a short key', `${newKey},short:${Buffer.alloc(16).toString('base64')}`, /Key 2 .* 16 bytes; it must have 32/],
		['one id twice', `${newKey},${newKey}`, /two keys of the same id/],
	])('refuses %s', (_, text, message) => {
		expect(() => KeyRing.fromText(text)).toThrow(KeyRingError)
		expect(() => KeyRing.fromText(text)).toThrow(message)
	})

	it('quotes no key when it refuses, and prints none', () => {
		const encoded = newKey.slice(4)
		const errors = [`new${encoded}`, `${newKey},${newKey}`, `new:${encoded}xx`].map((text) => {
			try {
				return KeyRing.fromText(text)
			} catch (error) {
				return error
			}
		})
		for (const shown of [...errors, ring]) expect(inspect(shown)).not.toContain(encoded.slice(0, 8))
	})
})

describe('sealing', () => {
	it('gives back any value at its own place', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), fc.string(), (value, rowId) => {
				const where = { ...place, rowId }
				expect(open(ring.seal(new Secret(value), where), where)).toBe(Buffer.from(value).toString())
			}),
			parameters,
		)
	})

	it('never seals a value twice the same way', () => {
		const sealed = new Set(Array.from({ length: 50 }, () => ring.seal(new Secret('same'), place)))
		expect(sealed.size).toBe(50)
	})

	it.each([
		['another row', { ...place, rowId: 'acc_2' }],
		['another column', { ...place, column: 'secret' }],
		['another table', { ...place, table: 'devices' }],
	])('does not open at %s', (_, elsewhere) => {
		const sealed = ring.seal(new Secret('hunter2'), place)
		expect(() => open(sealed, elsewhere)).toThrow(SealError)
	})

	it('does not open when any character was changed', () => {
		const sealed = ring.seal(new Secret('hunter2'), place)
		fc.assert(
			fc.property(fc.nat(sealed.length - 1), fc.constantFrom('A', 'z', '0', ':', ''), (index, char) => {
				const changed = sealed.slice(0, index) + char + sealed.slice(index + 1)
				fc.pre(!sameBytes(changed, sealed))
				expect(() => open(changed)).toThrow(SealError)
			}),
			parameters,
		)
	})

	it('never throws anything but SealError on other text', () => {
		fc.assert(
			fc.property(fc.array(fc.string(), { maxLength: 6 }), (parts) => {
				expect(() => open(['1', 'new', ...parts].join(':'))).toThrow(SealError)
				expect(() => open(parts.join(':'))).toThrow(SealError)
			}),
			parameters,
		)
	})

	it('says which key is missing, and nothing secret', () => {
		const sealed = KeyRing.fromText(oldKey).seal(new Secret('hunter2'), place)
		expect(() => open(sealed)).toThrow(
			'The password of accounts acc_1 is sealed under the key "old", which is not in the key ring.',
		)
	})

	it('refuses another key of the same id', () => {
		const sealed = KeyRing.fromText(newKeyText('new')).seal(new Secret('hunter2'), place)
		expect(() => open(sealed)).toThrow('The password of accounts acc_1 cannot be opened')
	})
})

describe('rotation', () => {
	const both = KeyRing.fromText(`${newKey},${oldKey}`)
	const sealedOld = KeyRing.fromText(oldKey).seal(new Secret('hunter2'), place)

	it('opens values of every key of the ring', () => {
		expect(open(sealedOld, place, both)).toBe('hunter2')
	})

	it('brings a value under the current key, so that the old one can go', () => {
		const rewrapped = both.rewrap(sealedOld, place)
		expect(open(rewrapped)).toBe('hunter2')
		expect(both.rewrap(rewrapped, place)).toBe(rewrapped)
	})

	it('refuses to rewrap at another place', () => {
		expect(() => both.rewrap(sealedOld, { ...place, rowId: 'acc_2' })).toThrow(SealError)
	})
})

/** The last character of base64url has bits that mean nothing. */
function sameBytes(one: string, two: string): boolean {
	const bytes = (text: string) => text.split(':').map((part, index) => (index < 2 ? part : decoded(part)))
	return JSON.stringify(bytes(one)) === JSON.stringify(bytes(two))
}

function decoded(part: string): string {
	return Buffer.from(part, 'base64url').toString('hex')
}
