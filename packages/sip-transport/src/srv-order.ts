/** An SRV record (RFC 2782). */
export interface SrvTarget {
	readonly name: string
	readonly port: number
	readonly priority: number
	readonly weight: number
}

/** The order of RFC 2782: lower priorities first; within one, drawn by weight. `random` gives numbers in [0, 1). */
export function orderByWeight(records: readonly SrvTarget[], random: () => number): SrvTarget[] {
	const priorities = [...new Set(records.map((record) => record.priority))].sort((a, b) => a - b)
	return priorities.flatMap((priority) =>
		drawAll(
			records.filter((record) => record.priority === priority),
			random,
		),
	)
}

function drawAll(records: readonly SrvTarget[], random: () => number): SrvTarget[] {
	// Weight 0 goes first, which gives it its small chance (RFC 2782, page 3).
	const left = records.toSorted((a, b) => a.weight - b.weight)
	const drawn: SrvTarget[] = []
	while (left.length > 0) {
		const total = left.reduce((sum, record) => sum + record.weight, 0)
		const ticket = Math.floor(random() * (total + 1))
		let sum = 0
		const index = left.findIndex((record) => {
			sum += record.weight
			return sum >= ticket
		})
		drawn.push(...left.splice(index, 1))
	}
	return drawn
}
