import { describe, expect, it } from 'vitest'
import { BEHIND_PORTS, COMPOSITION, STILL_COMPOSED_ELSEWHERE, TRANSPORT_WORDS } from './adapters.ts'
import type { Import } from './imports.ts'
import { files, importsIn, isTest } from './tree.ts'

function isFit({ specifier, typeOnly, values }: Import): boolean {
	const adapter = specifier?.startsWith('@vigil/') ? (specifier.split('/')[1] ?? '') : ''
	if (BEHIND_PORTS.includes(adapter)) return false
	return (
		adapter !== 'sip-transport' ||
		typeOnly ||
		(values.length > 0 && values.every((name) => TRANSPORT_WORDS.includes(name)))
	)
}

describe('adapters', () => {
	const elsewhere = files.filter(
		(file) => file.startsWith('services/') && file.includes('/src/') && !isTest(file) && !COMPOSITION.test(file),
	)
	const unfit = new Map(
		elsewhere
			.map((file) => [file, importsIn(file).filter((found) => !isFit(found))] as const)
			.filter(([, found]) => found.length > 0),
	)

	it('are made by service.ts and main.ts of a service alone', () => {
		expect(elsewhere.length).toBeGreaterThan(150)
		const wrong = [...unfit].flatMap(([file, found]) =>
			STILL_COMPOSED_ELSEWHERE.includes(file)
				? []
				: found.map(
						({ specifier, line }) => `${file}:${line} imports ${specifier}: let service.ts make it, and pass it on`,
					),
		)
		expect(wrong).toEqual([])
	})

	it('are not in the list of exceptions any more once a file needs none', () => {
		expect(STILL_COMPOSED_ELSEWHERE.filter((file) => !unfit.has(file))).toEqual([])
	})
})
