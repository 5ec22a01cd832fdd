import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { allowedImports } from './directions.ts'

const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)))
// Biome formats every import the same way, so that a plain pattern finds them all.
const IMPORT = /\bfrom '([^'\n]+)'|\bimport\('([^'\n]+)'\)|^import '([^'\n]+)'/gm

const files = globSync('{packages,services}/*/{src,test}/**/*.ts', { cwd: ROOT })
	.concat(globSync('test/**/*.ts', { cwd: ROOT }))
	.filter((file) => !file.includes('node_modules'))

function packageOf(file: string): { name: string; folder: string } {
	const [kind, name] = file.split('/')
	return kind === 'test' ? { name: 'test', folder: 'test' } : { name: name ?? '', folder: `${kind}/${name}` }
}

function importsOf(file: string): string[] {
	const text = readFileSync(resolve(ROOT, file), 'utf8')
	return [...text.matchAll(IMPORT)].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? [])
}

function isTest(file: string): boolean {
	return file.endsWith('.test.ts') || /^(packages|services)\/[^/]+\/test\//.test(file)
}

describe('the direction of imports', () => {
	it('sees the whole tree', () => {
		expect(files.length).toBeGreaterThan(150)
		expect(importsOf('packages/domain/src/registration/machine.ts')).toContain('./answers.ts')
	})

	it('goes one way: sip <- domain <- adapters <- services', () => {
		const wrong = files.flatMap((file) => {
			const { name } = packageOf(file)
			const allowed = allowedImports(name, isTest(file))
			if (!allowed) return [`${file}: the package ${name} has no place in directions.ts`]
			return importsOf(file)
				.filter((specifier) => specifier.startsWith('@vigil/'))
				.filter((specifier) => !allowed.has(specifier.slice('@vigil/'.length).split('/')[0] ?? ''))
				.map((specifier) => `${file} imports ${specifier}`)
		})
		expect(wrong).toEqual([])
	})

	it('stays inside a package by paths, and names other packages', () => {
		const wrong = files.flatMap((file) => {
			const folder = resolve(ROOT, packageOf(file).folder)
			return importsOf(file)
				.filter((specifier) => specifier.startsWith('.'))
				.filter((specifier) => relative(folder, resolve(ROOT, dirname(file), specifier)).startsWith('..'))
				.map((specifier) => `${file} imports ${specifier}`)
		})
		expect(wrong).toEqual([])
	})

	it('declares only allowed packages in package.json', () => {
		const wrong = globSync('{packages,services}/*/package.json', { cwd: ROOT }).flatMap((file) => {
			const { name } = packageOf(file)
			const manifest = JSON.parse(readFileSync(resolve(ROOT, file), 'utf8'))
			const declared = (field: string) =>
				Object.keys(manifest[field] ?? {}).flatMap((dep) => (dep.startsWith('@vigil/') ? dep.slice(7) : []))
			const check = (dep: string, test: boolean) =>
				allowedImports(name, test)?.has(dep) ? [] : [`${file} declares @vigil/${dep}`]
			return [
				...declared('dependencies').flatMap((dep) => check(dep, false)),
				...declared('devDependencies').flatMap((dep) => check(dep, true)),
			]
		})
		expect(wrong).toEqual([])
	})
})

describe('the pure core', () => {
	const core = files.filter((file) => /^packages\/(sip|domain)\/src\//.test(file) && !file.endsWith('.test.ts'))

	it('makes nothing by chance and imports nothing of the platform but hashes', () => {
		const wrong = core.flatMap((file) => {
			const platform = importsOf(file).filter((name) => name.startsWith('node:') && name !== 'node:crypto')
			const text = readFileSync(resolve(ROOT, file), 'utf8')
			const chance = /Math\.random|randomBytes|randomUUID|getRandomValues/.exec(text)?.[0]
			return [...platform, ...(chance ? [chance] : [])].map((what) => `${file} uses ${what}`)
		})
		expect(wrong).toEqual([])
	})
})

describe('the layout', () => {
	it('has no folders of leftovers', () => {
		const leftovers = files.filter((file) => /\/(utils?|common|helpers?|lib|misc)(\/|\.ts$)/.test(file))
		expect(leftovers).toEqual([])
	})

	it('keeps files short', () => {
		const long = files
			.filter((file) => !file.endsWith('.test.ts'))
			.flatMap((file) => {
				const lines = readFileSync(resolve(ROOT, file), 'utf8').split('\n').length
				return lines > 400 ? [`${file}: ${lines} lines`] : []
			})
		expect(long).toEqual([])
	})

	it('gives every package an index, a description and a licence', () => {
		for (const file of globSync('{packages,services}/*/package.json', { cwd: ROOT })) {
			const manifest = JSON.parse(readFileSync(resolve(ROOT, file), 'utf8'))
			expect([file, manifest.license, typeof manifest.description]).toEqual([file, 'Apache-2.0', 'string'])
			expect([file, existsSync(resolve(ROOT, dirname(file), manifest.exports['.']))]).toEqual([file, true])
		}
	})
})
