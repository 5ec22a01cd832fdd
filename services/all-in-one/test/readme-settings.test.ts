import { readFileSync } from 'node:fs'
import { settingsTable } from '@vigil/runtime'
import { describe, expect, it } from 'vitest'
import { SETTINGS_PREFIX, settingsSchema } from '../src/settings.ts'

describe('the README', () => {
	it('lists the settings as they are', () => {
		const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
		expect(readme).toContain(settingsTable(settingsSchema, SETTINGS_PREFIX))
	})
})
