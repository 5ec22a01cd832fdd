import { describe, expect, it } from 'vitest'
import { PLATFORM_SOURCES } from './platform-sources.ts'
import { codeOf, files, isTest } from './tree.ts'

describe.each(PLATFORM_SOURCES)('$what', ({ pattern, instead, files: allowed }) => {
	const users = files
		.filter((file) => !isTest(file))
		.flatMap((file) =>
			codeOf(file)
				.split('\n')
				.flatMap((line, index) => (pattern.test(line) ? [{ file, line: index + 1 }] : [])),
		)

	it('comes from the platform in few places', () => {
		const isAllowed = (file: string) =>
			allowed.some((path) => (path.endsWith('/') ? file.startsWith(path) : file === path))
		expect(users.filter(({ file }) => !isAllowed(file)).map(({ file, line }) => `${file}:${line}: ${instead}`)).toEqual(
			[],
		)
	})

	it('is used wherever the list says so', () => {
		expect(allowed.filter((path) => !users.some(({ file }) => file.startsWith(path)))).toEqual([])
	})
})
