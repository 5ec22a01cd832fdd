import { dirname, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allowedImports, COMPUTED_IMPORTS, FROM_OTHERS } from './directions.ts'
import { files, importsIn, importsOf, isTest, manifests, packageOf, ROOT, textOf } from './tree.ts'

describe('the direction of imports', () => {
	it('sees the whole tree', () => {
		expect(files.length).toBeGreaterThan(150)
		expect(importsOf('packages/domain/src/registration/machine.ts')).toContain('./responses.ts')
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

	it('is plain: names of modules are written out', () => {
		const computed = files.filter((file) => importsIn(file).some(({ specifier }) => specifier === undefined))
		expect(computed.sort()).toEqual(COMPUTED_IMPORTS)
	})

	it('leaves core and contracts with little from others', () => {
		const wrong = files
			.filter((file) => !isTest(file))
			.flatMap((file) => {
				const allowed = FROM_OTHERS[packageOf(file).name]
				if (!allowed) return []
				return importsOf(file)
					.filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('@vigil/'))
					.filter((specifier) => !allowed.includes(specifier))
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
