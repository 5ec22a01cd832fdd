import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

/** Every module that a file imports for its values, and those that its relative imports import. */
function importsOf(file: string, seen = new Map<string, string[]>()): Map<string, string[]> {
	if (seen.has(file)) return seen
	const specifiers = Array.from(
		readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^'\n]*?(?:\{[^}]*\} )?from '([^']+)'/gm),
		([, specifier]) => specifier ?? '',
	)
	seen.set(file, specifiers)
	for (const specifier of specifiers) if (specifier.startsWith('.')) importsOf(join(dirname(file), specifier), seen)
	return seen
}

it('a browser can load what the package exports', () => {
	const graph = importsOf(join(import.meta.dirname, 'index.ts'))
	expect([...graph.keys()].some((file) => file.endsWith('sip-web-socket.ts'))).toBe(true)
	const packages = new Set([...graph.values()].flat().filter((specifier) => !specifier.startsWith('.')))
	expect([...packages].sort()).toEqual(['@vigil/contracts', 'sip.js'])
})
