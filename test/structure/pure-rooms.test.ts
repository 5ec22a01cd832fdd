import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isInPureRoom, PURE_PACKAGES, PURE_ROOMS } from './pure-rooms.ts'
import { files, importsOf, isTest, textOf } from './tree.ts'

describe('pure rooms', () => {
	const pure = files.filter((file) => isInPureRoom(file) && !isTest(file))

	it('are all there', () => {
		expect(PURE_ROOMS.filter((room) => !pure.some((file) => file.startsWith(`${room}/`)))).toEqual([])
	})

	it('are the rooms in which the linter forbids clocks, timers and I/O', () => {
		const { overrides } = JSON.parse(textOf('biome.json'))
		const rules = overrides.filter(
			({
				linter,
			}: {
				linter: { rules: { style?: { noRestrictedGlobals?: { options: { deniedGlobals: object } } } } }
			}) => 'Date' in (linter.rules.style?.noRestrictedGlobals?.options.deniedGlobals ?? {}),
		)
		expect(rules).toHaveLength(1)
		expect(rules[0].includes).toEqual([...PURE_ROOMS.map((room) => `${room}/**`), '!**/*.test.ts'])
	})

	it('import from pure rooms alone, and nothing of the platform but hashes', () => {
		const isPure = (file: string, specifier: string): boolean => {
			if (specifier.startsWith('.')) return specifier.endsWith('.json') || isInPureRoom(join(dirname(file), specifier))
			const [scope, name = ''] = specifier.split('/')
			return scope === '@vigil' ? PURE_PACKAGES.includes(name) : specifier === 'node:crypto'
		}
		const wrong = pure.flatMap((file) =>
			importsOf(file)
				.filter((specifier) => !isPure(file, specifier))
				.map((specifier) => `${file} imports ${specifier}`),
		)
		expect(wrong).toEqual([])
	})

	it('make nothing by chance', () => {
		const wrong = pure.flatMap((file) => {
			const chance = /Math\.random|randomBytes|randomInt|randomUUID|getRandomValues|generateKey/.exec(textOf(file))?.[0]
			return chance ? [`${file} uses ${chance}: let it be an argument`] : []
		})
		expect(wrong).toEqual([])
	})
})
