import { readFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'
import { skipCondition } from './skip-condition.ts'

type Skipped = TestCase | TestSuite | TestModule

/**
 * Reporter that ends a run with what was not run and why: the note given to `skip(note)`, else the condition of
 * `skipIf` or `runIf` as the source has it. Needs `includeTaskLocation`. A test that quietly does not run proves nothing.
 */
export class SkippedTests implements Reporter {
	#silent = false

	onInit(vitest: Vitest): void {
		// Who asks for one test by its name knows that the others do not run.
		this.#silent = vitest.config.testNamePattern !== undefined
	}

	onTestRunEnd(modules: readonly TestModule[]): void {
		const lines = this.#silent ? [] : skippedLines(modules)
		if (lines.length > 0) process.stdout.write(`\nNot run:\n${lines.map((line) => `  ${line}\n`).join('')}`)
	}
}

function skippedLines(modules: readonly TestModule[]): string[] {
	const groups = new Map<Skipped, TestCase[]>()
	for (const module of modules) {
		for (const test of module.children.allTests('skipped')) {
			const group = outermostSkipped(test)
			groups.set(group, [...(groups.get(group) ?? []), test])
		}
	}
	return [...groups].map(([group, tests]) => describeGroup(group, tests))
}

/** A condition stands at the outermost group that it skips; a note stands at the test. */
function outermostSkipped(test: TestCase): Skipped {
	let found: Skipped = test
	for (let above = test.parent; above.type === 'suite' && above.options.mode === 'skip'; above = above.parent) {
		found = above
	}
	return found
}

function describeGroup(group: Skipped, tests: readonly TestCase[]): string {
	const module = group.type === 'module' ? group : group.module
	const name = group.type === 'module' ? '' : ` ${group.fullName}`
	const count = group.type === 'test' ? '' : ` (${tests.length} tests)`
	return `${module.relativeModuleId}:${name}${count}: ${reasonOf(group, tests, module)}`
}

function reasonOf(group: Skipped, tests: readonly TestCase[], module: TestModule): string {
	const notes = tests.flatMap((test) => {
		const result = test.result()
		return result.state === 'skipped' && result.note ? [result.note] : []
	})
	if (notes.length > 0) return [...new Set(notes)].join('; ')
	if (group.location === undefined) return 'no reason given'
	const line = readFileSync(module.moduleId, 'utf8').split('\n')[group.location.line - 1]
	return skipCondition(line ?? '') ?? 'no reason given'
}
