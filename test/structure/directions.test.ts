import { dirname, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allowedImports } from './directions.ts'
import { files, importsOf, isTest, manifests, packageOf, ROOT, textOf } from './tree.ts'

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

	it('keeps what packages offer to tests out of what runs', () => {
		const wrong = files
			.filter((file) => !isTest(file))
			.flatMap((file) =>
				importsOf(file)
					.filter((specifier) => /^@vigil\/.*\/testing$|\.test\.ts$|^\.\..*\/test\//.test(specifier))
					.map((specifier) => `${file} imports ${specifier}`),
			)
		expect(wrong).toEqual([])
	})

	it('declares only allowed packages in package.json', () => {
		const wrong = manifests.flatMap((file) => {
			const { name } = packageOf(file)
			const manifest = JSON.parse(textOf(file))
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
			const chance = /Math\.random|randomBytes|randomUUID|getRandomValues/.exec(textOf(file))?.[0]
			return [...platform, ...(chance ? [chance] : [])].map((what) => `${file} uses ${what}`)
		})
		expect(wrong).toEqual([])
	})
})
