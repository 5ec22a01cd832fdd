import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'
import { type Import, readImports } from './imports.ts'

export const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)))

/** Every TypeScript file of the packages, the services and the tests across them, as a path from the root. */
export const files: readonly string[] = globSync('{packages,services}/*/{src,test}/**/*.ts', { cwd: ROOT })
	.concat(globSync('test/**/*.ts', { cwd: ROOT }))
	.filter((file) => !file.includes('node_modules'))

/** What is written for people. */
export const documents: readonly string[] = globSync(['*.md', 'docs/**/*.md', '{packages,services}/*/README.md'], {
	cwd: ROOT,
})

export const manifests: readonly string[] = globSync('{packages,services}/*/package.json', { cwd: ROOT })

export function textOf(file: string): string {
	return readFileSync(resolve(ROOT, file), 'utf8')
}

/** The text of a TypeScript file with blanks where its comments stand, so that lines and columns stay. */
export function codeOf(file: string): string {
	let code = textOf(file)
	for (const { start, end } of parseSync(file, code).comments) {
		code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, ' ') + code.slice(end)
	}
	return code
}

const read = new Map<string, readonly Import[]>()

/** What a file imports or re-exports, types included. */
export function importsIn(file: string): readonly Import[] {
	let imports = read.get(file)
	if (!imports) {
		imports = readImports(file, textOf(file))
		read.set(file, imports)
	}
	return imports
}

/** The modules that a file imports or re-exports, types included, as the source names them. */
export function importsOf(file: string): string[] {
	return importsIn(file).flatMap(({ specifier }) => specifier ?? [])
}

/** The package that a file belongs to, by its short name; `test` is a package of its own. */
export function packageOf(file: string): { name: string; folder: string } {
	const [kind, name] = file.split('/')
	return kind === 'test' ? { name: 'test', folder: 'test' } : { name: name ?? '', folder: `${kind}/${name}` }
}

/** Whether a file is a test or supports tests. */
export function isTest(file: string): boolean {
	return file.endsWith('.test.ts') || file.startsWith('test/') || /^(packages|services)\/[^/]+\/test\//.test(file)
}
