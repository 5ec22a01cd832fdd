import { describe, expect, it } from 'vitest'
import { textOf } from './tree.ts'

describe('.editorconfig', () => {
	it('has the style of biome.json', () => {
		const { formatter } = JSON.parse(textOf('biome.json'))
		const [, general = ''] = textOf('.editorconfig').split(/^\[.*\]$/m)
		const settings = Object.fromEntries(
			general.split('\n').flatMap((line) => [line.split(' = ')].filter(({ length }) => length === 2)),
		)
		expect(settings).toMatchObject({
			indent_style: formatter.indentStyle,
			max_line_length: String(formatter.lineWidth),
		})
		// What biome writes unless it is told otherwise.
		expect(settings).toMatchObject({ end_of_line: 'lf', insert_final_newline: 'true' })
	})
})
