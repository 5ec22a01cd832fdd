import { type CallExpression, type Expression, type Program, parseSync, Visitor } from 'oxc-parser'

/** A module that a file imports or re-exports, or asks the loader to find. */
export interface Import {
	/** The module as the source names it; undefined where the name is computed, which no check can follow. */
	readonly specifier: string | undefined
	/** Erased before the file runs: nothing but types comes by it. */
	readonly typeOnly: boolean
	/** What is imported by name and is no type; `*` for all of it. */
	readonly values: readonly string[]
	/** Counted from 1. */
	readonly line: number
}

type Found = Omit<Import, 'line'> & { readonly start: number }

// Only these need the tree itself; all else stands in the list of modules that the parser makes on its way.
const NEEDS_TREE =
	/\bcreateRequire\b|\bimport\s*\(|\bimport\s*\.\s*meta\s*\.\s*resolve\b|\bimport\s+(?:type\s+)?\w+\s*=/

/**
 * Every way in which TypeScript source names another module: import and export statements, `import()` of a literal or a template,
 * `import('...')` in types, `import x = require()`, `createRequire` and `import.meta.resolve`. Throws on source that does not parse.
 */
export function readImports(name: string, source: string): Import[] {
	const { module, errors, ...lazy } = parse(name, source)
	if (errors.length > 0) throw new Error(`${name}: ${errors[0]?.message}`)
	const found: Found[] = [
		...module.staticImports.map(({ moduleRequest, entries, start }) => ({
			specifier: moduleRequest.value,
			typeOnly: entries.length > 0 && entries.every(({ isType }) => isType),
			values: entries.filter(({ isType }) => !isType).map(({ importName }) => nameIn(importName)),
			start,
		})),
		...module.staticExports.flatMap(({ entries, start }) =>
			entries.flatMap(({ moduleRequest, importName, isType }) =>
				moduleRequest
					? [{ specifier: moduleRequest.value, typeOnly: isType, values: isType ? [] : [nameIn(importName)], start }]
					: [],
			),
		),
		...(NEEDS_TREE.test(source) ? inTree(lazy.program()) : []),
	]
	return found.map(({ start, ...found }) => ({ ...found, line: source.slice(0, start).split('\n').length }))
}

function nameIn({ kind, name }: { kind: string; name: string | null }): string {
	return name ?? (kind === 'Default' ? 'default' : '*')
}

// The tree is made on the first look at it, which costs more than all else.
function parse(name: string, source: string) {
	const result = parseSync(name, source)
	return { module: result.module, errors: result.errors, program: () => result.program }
}

function inTree(program: Program): Found[] {
	const found: Found[] = []
	const loaders = loadersOf(program)
	const add = (specifier: string | undefined, start: number, typeOnly = false) =>
		found.push({ specifier, typeOnly, values: typeOnly ? [] : ['*'], start })
	new Visitor({
		ImportExpression: (node) => add(textOf(node.source), node.start),
		TSImportType: (node) => add(node.source.value, node.start, true),
		TSImportEqualsDeclaration: ({ moduleReference, start, importKind }) => {
			if (moduleReference.type === 'TSExternalModuleReference')
				add(moduleReference.expression.value, start, importKind === 'type')
		},
		CallExpression: (node) => {
			if (loaders.has(node)) add(textOf(node.arguments[0]), node.start)
		},
		Identifier: (node) => {
			// A loader that is passed on, or bound in another way than to a constant, may load anything.
			if (loaders.strays.has(node)) add(undefined, node.start)
		},
	}).visit(program)
	return found
}

/** The calls that load or find a module by `createRequire` and `import.meta.resolve`, and uses of a loader that are no call. */
function loadersOf(program: Program) {
	const makers = new Set(['createRequire'])
	const loaders = new Set<string>()
	const calls = new Set<unknown>()
	const explained = new Set<unknown>()
	const isMade = (node: Expression | undefined | null): boolean =>
		node?.type === 'CallExpression' && (makers.has(nameOf(node.callee)) || memberOf(node.callee) === 'createRequire')
	new Visitor({
		ImportSpecifier: ({ imported, local }) => {
			if (imported.type !== 'Identifier' || imported.name !== 'createRequire') return
			makers.add(local.name)
			explained.add(imported).add(local)
		},
		VariableDeclarator: ({ id, init }) => {
			if (id.type !== 'Identifier' || !isMade(init)) return
			loaders.add(id.name)
			explained.add(id)
		},
	}).visit(program)
	const isLoader = (node: Expression): boolean => loaders.has(nameOf(node)) || isMade(node)
	new Visitor({
		CallExpression: (node: CallExpression) => {
			const { callee } = node
			if (isMade(node)) explained.add(callee)
			const target = callee.type === 'MemberExpression' && memberOf(callee) === 'resolve' ? callee.object : callee
			if (target.type === 'MetaProperty' || isLoader(target as Expression)) calls.add(node)
			explained.add(target)
		},
	}).visit(program)
	const strays = new Set<unknown>()
	new Visitor({
		Identifier: (node) => {
			if (loaders.has(node.name) && !explained.has(node)) strays.add(node)
		},
	}).visit(program)
	return { has: (node: unknown) => calls.has(node), strays }
}

function nameOf(node: { type: string; name?: unknown }): string {
	return node.type === 'Identifier' ? String(node.name) : ''
}

function memberOf(node: Expression): string {
	return node.type === 'MemberExpression' && !node.computed && node.property.type === 'Identifier'
		? node.property.name
		: ''
}

/** The text of a literal, or of a template without anything to fill in. */
function textOf(node: { type: string } | undefined): string | undefined {
	const expression = node as Expression | undefined
	if (expression?.type === 'Literal') return typeof expression.value === 'string' ? expression.value : undefined
	if (expression?.type !== 'TemplateLiteral' || expression.expressions.length > 0) return undefined
	return expression.quasis[0]?.value.cooked ?? undefined
}
