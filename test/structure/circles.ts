/**
 * The circles of a graph: sets of two or more nodes of which each leads to every other, and nodes that lead to themselves
 * (strongly connected components, by Tarjan's algorithm). The nodes of each circle are sorted.
 */
export function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
	const order = new Map<string, number>()
	const lowest = new Map<string, number>()
	const stack: string[] = []
	const circles: string[][] = []

	function visit(node: string): number {
		const number = order.size
		order.set(node, number)
		lowest.set(node, number)
		stack.push(node)
		const targets = graph.get(node) ?? []
		for (const target of targets) {
			const reached = order.has(target) ? (stack.includes(target) ? order.get(target) : undefined) : visit(target)
			if (reached !== undefined) lowest.set(node, Math.min(lowest.get(node) ?? number, reached))
		}
		if (lowest.get(node) === number) {
			const component = stack.splice(stack.indexOf(node))
			if (component.length > 1 || targets.includes(node)) circles.push(component.sort())
		}
		return lowest.get(node) ?? number
	}

	for (const node of graph.keys()) if (!order.has(node)) visit(node)
	return circles.sort()
}
