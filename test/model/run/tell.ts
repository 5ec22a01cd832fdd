import type { Scenario } from '../scenario/scenario.ts'
import type { CounterExample } from './check.ts'
import { play } from './play.ts'

const LONGEST_COURSE = 400

/** A counter-example in words: its inputs, the course of events, and the command line that plays it again. */
export function tell({ seed, path, mode, scenario, violated }: CounterExample): string[] {
	const bound = mode === undefined ? '' : ` --mode ${mode}`
	return [
		`counter-example: ${violated}`,
		...inputsOf(scenario),
		'what happens:',
		...courseOf(scenario),
		`seed ${seed}, path ${path}; again by: npm run model -- --seed ${seed} --path ${path}${bound}`,
	]
}

function inputsOf({ commands, ...setting }: Scenario): string[] {
	const lines = commands.map((command, number) => `  ${number + 1}. ${JSON.stringify(command)}`)
	return [`  setting ${JSON.stringify(setting)}`, ...lines]
}

function courseOf(scenario: Scenario): string[] {
	const lines: string[] = []
	try {
		play(scenario, undefined, (line) => {
			if (lines.length < LONGEST_COURSE) lines.push(line)
		})
	} catch (error) {
		lines.push(`  ${error instanceof Error ? error.message : String(error)}`)
	}
	return lines
}
