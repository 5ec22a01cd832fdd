import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { files, manifests, ROOT, textOf } from './tree.ts'

const MAX_LINES = 400
const UNDONE = /\b(TODO|FIXME|XXX)\b|\b(it|test|describe)\.todo\(/

describe('the layout', () => {
	it('has no folders of leftovers', () => {
		const leftovers = files.filter((file) => /\/(utils?|common|helpers?|lib|misc)(\/|\.ts$)/.test(file))
		expect(leftovers).toEqual([])
	})

	it('keeps files short', () => {
		const long = files
			.filter((file) => !file.endsWith('.test.ts'))
			.flatMap((file) => {
				const lines = textOf(file).split('\n').length
				return lines > MAX_LINES ? [`${file}: ${lines} lines`] : []
			})
		expect(long).toEqual([])
	})

	it('leaves nothing for later', () => {
		const undone = files
			.filter((file) => !file.startsWith('test/structure/'))
			.flatMap((file) => {
				const found = UNDONE.exec(textOf(file))?.[0]
				return found ? [`${file}: ${found}`] : []
			})
		expect(undone).toEqual([])
	})

	it('gives every package an index, a description, a licence and a README', () => {
		for (const file of manifests) {
			const manifest = JSON.parse(textOf(file))
			expect([file, manifest.license, typeof manifest.description]).toEqual([file, 'Apache-2.0', 'string'])
			expect([file, existsSync(resolve(ROOT, dirname(file), manifest.exports['.']))]).toEqual([file, true])
			expect([file, existsSync(resolve(ROOT, dirname(file), 'README.md'))]).toEqual([file, true])
		}
	})
})
