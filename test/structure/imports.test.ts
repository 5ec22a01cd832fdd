import { describe, expect, it } from 'vitest'
import { readImports } from './imports.ts'

const specifiers = (source: string) => readImports('a.ts', source).map(({ specifier }) => specifier)

describe('imports as they are read', () => {
	it.each([
		["import { a } from './a.ts'", './a.ts'],
		["import a, { type B } from './a.ts'", './a.ts'],
		["import * as a from './a.ts'", './a.ts'],
		["import './a.ts'", './a.ts'],
		["import type { A } from './a.ts'", './a.ts'],
		["import {\n\ttype A,\n\tb,\n} from './a.ts'", './a.ts'],
		["export * from './a.ts'", './a.ts'],
		["export { a } from './a.ts'", './a.ts'],
		["export type { A } from './a.ts'", './a.ts'],
		["const a = await import('./a.ts')", './a.ts'],
		['const a = await import(`./a.ts`)', './a.ts'],
		["type A = import('./a.ts').A", './a.ts'],
		["const a: typeof import('./a.ts') = b", './a.ts'],
		["import a = require('./a.ts')", './a.ts'],
		["const a = import.meta.resolve('./a.ts')", './a.ts'],
	])('%s', (source, expected) => {
		expect(specifiers(source)).toEqual([expected])
	})

	it.each([
		["import { createRequire } from 'node:module'\ncreateRequire(import.meta.url)('./a.cjs')", './a.cjs'],
		["import { createRequire } from 'node:module'\ncreateRequire(import.meta.url)(`./a.cjs`)", './a.cjs'],
		["import { createRequire as make } from 'node:module'\nmake(import.meta.url).resolve('a')", 'a'],
		["import { createRequire } from 'node:module'\nconst load = createRequire(import.meta.url)\nload('a')", 'a'],
		[
			"import { createRequire } from 'node:module'\nconst load = createRequire(import.meta.url)\nload.resolve('a')",
			'a',
		],
		["import * as module from 'node:module'\nmodule.createRequire(import.meta.url)('a')", 'a'],
	])('%s', (source, expected) => {
		expect(specifiers(source)).toEqual(['node:module', expected])
	})

	it.each(['await import(name)', `await import(\`./\${name}.ts\`)`, 'import.meta.resolve(name)'])(
		'cannot tell what is meant by %s',
		(source) => {
			expect(specifiers(source)).toEqual([undefined])
		},
	)

	it('cannot tell what a loader loads that is passed on', () => {
		const source = "import { createRequire } from 'node:module'\nconst load = createRequire(import.meta.url)\nuse(load)"
		expect(specifiers(source)).toEqual(['node:module', undefined])
	})

	it('takes no other function of that name for a loader, and no text for an import', () => {
		expect(specifiers('function require(ok: boolean) {}\nrequire(true)\nconst a = "import b from \'c\'"')).toEqual([])
	})

	it('tells types from values, and lines and names', () => {
		const source =
			"import type { A } from './a.ts'\nimport { type B, c } from './b.ts'\nimport { type D } from './d.ts'\n"
		expect(readImports('a.ts', source)).toEqual([
			{ specifier: './a.ts', typeOnly: true, values: [], line: 1 },
			{ specifier: './b.ts', typeOnly: false, values: ['c'], line: 2 },
			{ specifier: './d.ts', typeOnly: true, values: [], line: 3 },
		])
	})

	it('refuses what does not parse', () => {
		expect(() => readImports('a.ts', 'import {')).toThrow('a.ts')
	})
})
