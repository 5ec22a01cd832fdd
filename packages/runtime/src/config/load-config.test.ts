import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { loadConfig } from './load-config.ts'
import { flagSetting, integerSetting, listSetting, portSetting, urlSetting } from './settings.ts'
import { settingsTable } from './settings-table.ts'

const schema = z
	.object({
		adminToken: z.string().min(16).describe('Bearer token of the platform admin.'),
		apiPort: portSetting().default(8080).describe('Port of the control API.'),
		docs: flagSetting().default(true),
		logLevel: z.enum(['debug', 'info']).default('info'),
		edgeAddresses: listSetting().default([]),
		refreshSeconds: integerSetting(30, 3600).optional(),
		databaseUrl: urlSetting(['postgres', 'postgresql']).optional().meta({ env: 'DATABASE_URL' }),
		dataFolder: z.string().optional(),
	})
	.refine((config) => config.databaseUrl === undefined || config.dataFolder === undefined, {
		path: ['dataFolder'],
		error: 'cannot be set together with DATABASE_URL',
	})

const good = { VIGIL_ADMIN_TOKEN: 'a-long-enough-token' }

function load(env: Record<string, string>, alsoKnown: string[] = []) {
	return loadConfig(schema, env, { prefix: 'VIGIL_', alsoKnown })
}

function refusal(env: Record<string, string>): string {
	try {
		load(env)
	} catch (error) {
		expect(error).toBeInstanceOf(ConfigError)
		return (error as Error).message
	}
	throw new Error('was accepted')
}

describe('loadConfig', () => {
	it('reads values, fills in defaults, and leaves the rest of the environment alone', () => {
		const config = load({ ...good, VIGIL_DOCS: '0', VIGIL_EDGE_ADDRESSES: 'a, b,', HOME: '/root', VIGIL_API_PORT: '' })
		expect(config).toEqual({
			adminToken: 'a-long-enough-token',
			apiPort: 8080,
			docs: false,
			logLevel: 'info',
			edgeAddresses: ['a', 'b'],
		})
	})

	it('reads a variable that a field names itself', () => {
		expect(load({ ...good, DATABASE_URL: 'postgres://localhost/vigil' }).databaseUrl).toBe('postgres://localhost/vigil')
	})

	it.each([
		[{}, 'VIGIL_ADMIN_TOKEN must be set'],
		[{ VIGIL_ADMIN_TOKEN: 'short' }, 'VIGIL_ADMIN_TOKEN must have at least 16 characters'],
		[{ ...good, VIGIL_API_PORT: '70000' }, 'VIGIL_API_PORT must be a whole number from 0 to 65535'],
		[{ ...good, VIGIL_API_PORT: '80 80' }, 'VIGIL_API_PORT must be a whole number from 0 to 65535'],
		[{ ...good, VIGIL_DOCS: 'maybe' }, 'VIGIL_DOCS must be true or false'],
		[{ ...good, VIGIL_LOG_LEVEL: 'loud' }, 'VIGIL_LOG_LEVEL must be one of debug, info'],
		[
			{ ...good, DATABASE_URL: 'mysql://localhost' },
			'DATABASE_URL must be a URL beginning with postgres:// or postgresql://',
		],
		[
			{ ...good, DATABASE_URL: 'postgres://localhost', VIGIL_DATA_FOLDER: '/tmp/x' },
			'VIGIL_DATA_FOLDER cannot be set together with DATABASE_URL',
		],
		[
			{ VIGIL_API_PORT: '-1', VIGIL_REFRESH_SECONDS: '5' },
			'VIGIL_ADMIN_TOKEN must be set; VIGIL_API_PORT must be a whole number from 0 to 65535; VIGIL_REFRESH_SECONDS must be a whole number from 30 to 3600',
		],
		[{ ...good, VIGIL_API_PROT: '1' }, 'VIGIL_API_PROT is not a known setting, did you mean VIGIL_API_PORT?'],
		[{ ...good, VIGIL_SOMETHING_ELSE_ENTIRELY: '1' }, 'VIGIL_SOMETHING_ELSE_ENTIRELY is not a known setting'],
	])('refuses %j', (env, sentence) => {
		expect(refusal(env as Record<string, string>)).toBe(sentence)
	})

	it('accepts names that belong to somebody else when told of them', () => {
		expect(() => load({ ...good, VIGIL_TEST_SEED: '7' }, ['VIGIL_TEST_SEED'])).not.toThrow()
	})

	it('shows no values in what it says', () => {
		expect(refusal({ VIGIL_ADMIN_TOKEN: 'hunter2' })).not.toContain('hunter2')
	})
})

describe('settingsTable', () => {
	it('lists every setting with its default and meaning', () => {
		const table = settingsTable(schema, 'VIGIL_')
		expect(table).toContain('| `VIGIL_ADMIN_TOKEN` | must be set | Bearer token of the platform admin. |')
		expect(table).toContain('| `VIGIL_API_PORT` | `8080` | Port of the control API. |')
		expect(table).toContain('| `DATABASE_URL` | not set |  |')
	})
})
