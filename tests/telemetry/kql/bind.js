// Parses and binds log queries with Microsoft's language service for KQL, and says what each of them asks for.
//
//   node bind.js <folder of @kusto/language-service-next> < request > answer
//
// request: {"tables": {"<table>": {"<column>": "<type>"}}, "queries": ["<text>"]}
// answer, one for each query:
//   diagnostics: what the service objects to
//   columns:     names of the columns of the result
//   pipelines:   for each `<table> | ...` its table (null where it begins with something else), the names read of
//                `Properties`, and what columns and properties are compared with: {of, operator, values}
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

for (const name of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
  const file = path.join(process.argv[2], name);
  vm.runInThisContext(fs.readFileSync(file, 'utf8'), file); // the files are made for browsers and define globals
}
const { Language } = globalThis.Kusto;
const { Symbols } = Language;

const CONVERSIONS = new Set(['tostring', 'tolower', 'toupper', 'toint', 'tolong', 'todouble', 'toreal', 'tobool']);

function globalsFor(tables) {
  const list = new (globalThis.System.Collections.Generic.List$1(Symbols.TableSymbol).ctor)();
  for (const [name, columns] of Object.entries(tables)) {
    const schema = Object.entries(columns).map(([column, type]) => `${column}: ${type}`);
    list.add(new Symbols.TableSymbol.$ctor7(name, `(${schema.join(', ')})`, ''));
  }
  return Language.GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1('workspace', list, false));
}

const items = (list) => Array.from({ length: list.Count }, (_, at) => list.getItem(at));
const kindOf = (node) => globalThis.Bridge.getTypeName(node).split('.').pop();
const textOf = (node) => node.toString(0).trim();

function childrenOf(node) {
  const children = Array.from({ length: node.ChildCount }, (_, at) => node.GetChild(at));
  return children.filter((child) => child !== null && child !== undefined);
}

function every(node) {
  return [node, ...childrenOf(node).flatMap(every)];
}

// The strings written out in a value or a list of values; those inside calculations are not what is compared.
function literalsIn(node) {
  if (['FunctionCallExpression', 'BinaryExpression', 'PipeExpression'].includes(kindOf(node))) return [];
  if (kindOf(node) !== 'LiteralExpression') return childrenOf(node).flatMap(literalsIn);
  return typeof node.ConstantValue === 'string' ? [node.ConstantValue] : [];
}

function isColumn(node, name) {
  const symbol = kindOf(node) === 'NameReference' ? node.ReferencedSymbol : null;
  const isOne = symbol !== null && symbol !== undefined && kindOf(symbol) === 'ColumnSymbol';
  return isOne && (name === undefined || symbol.Name === name);
}

// The name read in `Properties.name` or `Properties['name']`; undefined for anything else.
function propertyRead(node) {
  const [whole, ...rest] = childrenOf(node);
  if (kindOf(node) === 'PathExpression' && isColumn(whole, 'Properties')) return textOf(rest[1]);
  if (kindOf(node) === 'ElementExpression' && isColumn(whole, 'Properties')) return literalsIn(rest[0])[0];
  return undefined;
}

// What an expression stands for: a column of the table, `Properties.name`, or nothing that is followed.
function subjectOf(node, aliases) {
  const property = propertyRead(node);
  if (property !== undefined) return `Properties.${property}`;
  const inner = childrenOf(node);
  if (kindOf(node) === 'ParenthesizedExpression') return subjectOf(inner[1], aliases);
  if (kindOf(node) === 'FunctionCallExpression' && CONVERSIONS.has(textOf(inner[0]))) {
    const given = every(inner[1]).find((part) => isColumn(part) || propertyRead(part) !== undefined);
    return given === undefined ? undefined : subjectOf(given, aliases);
  }
  return isColumn(node) ? (aliases.get(textOf(node)) ?? textOf(node)) : undefined;
}

function comparisonIn(node, aliases) {
  if (!['BinaryExpression', 'InExpression', 'HasAnyExpression', 'HasAllExpression'].includes(kindOf(node))) return null;
  const [left, operator, right] = childrenOf(node);
  for (const [side, other] of [[left, right], [right, left]]) {
    const of = subjectOf(side, aliases);
    const values = literalsIn(other);
    if (of !== undefined && values.length > 0) return { of, operator: textOf(operator), values };
  }
  return null;
}

function sourceOf(pipe) {
  const first = childrenOf(pipe)[0];
  return kindOf(first) === 'PipeExpression' ? sourceOf(first) : first;
}

function pipelinesIn(root, tables) {
  const found = [];
  const tableOf = (node) => (kindOf(node) === 'NameReference' && textOf(node) in tables ? textOf(node) : null);
  const begin = (source) => {
    const pipeline = { table: tableOf(source), reads: [], comparisons: [] };
    found.push(pipeline);
    return { source, aliases: new Map(), pipeline };
  };
  const visit = (node, outer, isContinued) => {
    const isPipe = kindOf(node) === 'PipeExpression';
    let at = outer;
    if (isPipe && !isContinued) at = begin(sourceOf(node));
    else if (tableOf(node) !== null && outer?.source !== node) at = begin(node);
    if (at !== null) {
      const property = propertyRead(node);
      if (property !== undefined) at.pipeline.reads.push(property);
      const comparison = comparisonIn(node, at.aliases);
      if (comparison !== null) at.pipeline.comparisons.push(comparison);
      if (kindOf(node) === 'SimpleNamedExpression') {
        const [name, , value] = childrenOf(node);
        const subject = subjectOf(value, at.aliases);
        if (subject !== undefined) at.aliases.set(textOf(name), subject);
      }
    }
    childrenOf(node).forEach((child, index) => visit(child, at, isPipe && index === 0));
  };
  visit(root, null, false);
  return found;
}

function answerTo(query, globals, tables) {
  const code = Language.KustoCode.ParseAndAnalyze(query, globals);
  const columns = code.ResultType?.Columns;
  return {
    diagnostics: items(code.GetDiagnostics()).map((found) => `${found.Message} [${found.Code}]`),
    columns: columns ? items(columns).map((column) => column.Name) : [],
    pipelines: pipelinesIn(code.Syntax, tables),
  };
}

const { tables, queries } = JSON.parse(fs.readFileSync(0, 'utf8'));
const globals = globalsFor(tables);
process.stdout.write(JSON.stringify(queries.map((query) => answerTo(query, globals, tables))));
