import { ConfigError } from '@vigil/runtime'
import { describe, expect, it } from 'vitest'
import { readSettings } from './settings.ts'

describe('settings', () => {
	it('have defaults for all that is not set', () => {
		expect(readSettings({})).toMatchObject({ host: '127.0.0.1', apiPort: 8080, wakeSeconds: 30, demo: 'on' })
	})

	it.each([
		[{ VIGIL_UPSTREAM_PROT: '5080' }, /VIGIL_UPSTREAM_PROT/],
		[{ VIGIL_WAKE_SECONDS: 'soon' }, /VIGIL_WAKE_SECONDS/],
		[{ VIGIL_WAKE_SECONDS: '1' }, /VIGIL_WAKE_SECONDS/],
		[{ VIGIL_API_PORT: '65536' }, /VIGIL_API_PORT/],
		[{ VIGIL_ADMIN_TOKEN: 'short' }, /VIGIL_ADMIN_TOKEN must have at least 24 characters/],
		[{ DATABASE_URL: 'mysql://root:s3cret@localhost/x' }, /DATABASE_URL/],
		[{ REDIS_URL: 'localhost:6379' }, /REDIS_URL/],
		[{ VIGIL_EDGE_TLS_PORT: '5061' }, /VIGIL_EDGE_TLS_PORT needs VIGIL_TLS_CERTIFICATE and VIGIL_TLS_KEY/],
		[{ VIGIL_TLS_KEY: 'key.pem' }, /VIGIL_TLS_CERTIFICATE certificate and key go together/],
	])('are refused in one sentence that shows no values: %o', (environment, sentence) => {
		const read = () => readSettings(environment as unknown as Record<string, string>)
		expect(read).toThrow(ConfigError)
		expect(read).toThrow(sentence)
		expect(read).not.toThrow(/s3cret|\n/)
	})
})
