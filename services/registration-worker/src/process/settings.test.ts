import { describe, expect, it } from 'vitest'
import { readWorkerSettings } from './settings.ts'

const NEEDED = {
	DATABASE_URL: 'postgres://vigil:secret@127.0.0.1/vigil',
	VIGIL_KEY_RING: 'k1:AAAA',
	VIGIL_IDENTITY_SECRET: 'x'.repeat(32),
}

describe('settings of a worker process', () => {
	it('need a database, a key ring and the identity secret, and nothing else', () => {
		expect(readWorkerSettings(NEEDED)).toMatchObject({ upstreamPort: 5080, internalPort: 0, measuring: false })
		expect(() => readWorkerSettings({})).toThrow(
			'DATABASE_URL must be set; VIGIL_KEY_RING must be set; VIGIL_IDENTITY_SECRET must be set',
		)
	})

	it('refuse a secret that is too short to key anything', () => {
		expect(() => readWorkerSettings({ ...NEEDED, VIGIL_IDENTITY_SECRET: 'short' })).toThrow('32 characters')
	})
})
