import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { circlesOf } from './circles.ts'
import { files, importsOf, manifests, packageOf, textOf } from './tree.ts'

const graph = (edges: Record<string, string[]>) => new Map(Object.entries(edges))

describe('circles of a graph', () => {
	it('are sets of nodes that lead to each other', () => {
		expect(circlesOf(graph({ a: ['b', 'c'], b: ['c'], c: [] }))).toEqual([])
		expect(circlesOf(graph({ a: ['b'], b: ['a'], c: ['a', 'd'], d: ['e'], e: ['c'] }))).toEqual([
			['a', 'b'],
			['c', 'd', 'e'],
		])
		expect(circlesOf(graph({ a: ['a'] }))).toEqual([['a']])
	})

	it('are one where they share a node', () => {
		expect(circlesOf(graph({ a: ['b', 'c'], b: ['a'], c: ['a'] }))).toEqual([['a', 'b', 'c']])
	})
})

describe('the files', () => {
	/** What each package offers under its names, as the file behind it. */
	const faces = new Map(
		manifests.flatMap((file) => {
			const { name, exports } = JSON.parse(textOf(file)) as { name: string; exports: Record<string, string> }
			return Object.entries(exports).map(([key, path]) => [join(name, key), join(packageOf(file).folder, path)])
		}),
	)

	const target = (file: string, specifier: string): string | undefined =>
		specifier.startsWith('.') ? join(dirname(file), specifier) : faces.get(specifier)

	it('import each other in no circle, not even one of types', () => {
		const imports = new Map(
			files.map((file) => [file, importsOf(file).flatMap((specifier) => target(file, specifier) ?? [])]),
		)
		// The graph is whole: a package is entered by its face, and a face leads on.
		expect(imports.get('services/sip-edge/src/ports.ts')).toContain('packages/domain/src/index.ts')
		expect(imports.get('packages/domain/src/index.ts')).toContain('packages/domain/src/registration/machine.ts')
		expect(circlesOf(imports)).toEqual([])
	})
})
