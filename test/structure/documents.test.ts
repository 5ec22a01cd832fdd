import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { documents, ROOT, textOf } from './tree.ts'

const SCRIPT = /\bnpm (?:run )?(?:--silent )?(start|test|demo|check|[a-z]+:[a-z]+|(?<=run )[a-z]+)(?![\w:-])/g
const LINK = /\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g
const PATH = /`((?:packages|services|test|infra|docs|\.ci)\/[\w./-]*\w)\/?`/g

function found(pattern: RegExp, document: string): string[] {
	return [...textOf(document).matchAll(pattern)].flatMap((match) => match[1] ?? [])
}

describe('the documents', () => {
	it('are found', () => {
		expect(documents).toContain('README.md')
		expect(documents).toContain('ARCHITECTURE.md')
		expect(found(SCRIPT, 'README.md')).toContain('start')
		expect(found(PATH, 'ARCHITECTURE.md')).toContain('packages/sip')
	})

	it('name scripts that exist', () => {
		const { scripts } = JSON.parse(textOf('package.json'))
		const unknown = documents.flatMap((document) =>
			found(SCRIPT, document).flatMap((name) => (name in scripts ? [] : [`${document}: npm run ${name}`])),
		)
		expect(unknown).toEqual([])
	})

	it('link to what is there', () => {
		const broken = documents.flatMap((document) =>
			found(LINK, document)
				.filter((target) => !existsSync(resolve(ROOT, dirname(document), target)))
				.map((target) => `${document}: ${target}`),
		)
		expect(broken).toEqual([])
	})

	it('name folders and files that are there', () => {
		const gone = documents.flatMap((document) =>
			found(PATH, document)
				.filter((path) => ![ROOT, resolve(ROOT, dirname(document))].some((base) => existsSync(resolve(base, path))))
				.map((path) => `${document}: ${path}`),
		)
		expect(gone).toEqual([])
	})
})
