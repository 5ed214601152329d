// Prints what typings say of functions, as JSON: the members of their options and of the objects
// that their callbacks receive. The TypeScript compiler reads the typings; nothing here does.
//
// Usage: node read_typings.cjs FOLDER < QUESTIONS
// FOLDER has the packages; QUESTIONS is `[{package, functions: {NAME: EXPRESSION}}, ...]`.
// An answer is `{NAME: {options, success, fail, progress}}`, each a map of members or null where
// the typings declare none; a function they do not know is null itself.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(process.argv[2]);
const ts = require(require.resolve('typescript', { paths: [root] }));
const DEPTH = 3;
const CALLBACKS = ['success', 'fail', 'complete'];
const KINDS = [
  [ts.TypeFlags.StringLike, 'string'],
  [ts.TypeFlags.NumberLike, 'number'],
  [ts.TypeFlags.BooleanLike, 'boolean'],
  [ts.TypeFlags.Object | ts.TypeFlags.NonPrimitive, 'object'],
];

/** Answers questions about one package, by the types of variables declared in a file of our own. */
class Typings {
  constructor(name, functions) {
    const file = path.join(root, `probe-${name.replace(/\W/g, '-')}.ts`);
    const lines = Object.values(functions).map((said, at) => `declare const f${at}: typeof ${said};`);
    fs.writeFileSync(file, [`import ${JSON.stringify(name)};`, ...lines].join('\n'));
    const lib = ['lib.es2022.d.ts', 'lib.dom.d.ts'];
    this.program = ts.createProgram([file], { strict: true, types: [], lib });
    this.checker = this.program.getTypeChecker();
    this.source = this.program.getSourceFile(file);
    this.names = Object.keys(functions);
  }

  /** What is said of every function asked for. */
  answers() {
    const declared = this.source.statements.filter(ts.isVariableStatement);
    return Object.fromEntries(this.names.map((name, at) => {
      const [variable] = declared[at].declarationList.declarations;
      return [name, this.called(this.checker.getTypeAtLocation(variable))];
    }));
  }

  called(type) {
    const signatures = type.getCallSignatures();
    if (!signatures.length) return null;
    const options = this.argument(signatures[0]);
    return {
      options: options && this.members(options, DEPTH, CALLBACKS),
      success: options && this.heard(options, 'success'),
      fail: options && this.heard(options, 'fail'),
      progress: this.progress(signatures.map((one) => one.getReturnType())),
    };
  }

  /** The members of what the listener of a returned task receives. */
  progress(returned) {
    for (const type of returned) {
      const found = this.heard(type, 'onProgressUpdate', (listen) => this.argument(listen));
      if (found) return found;
    }
    return null;
  }

  /** The members of the argument of the function that a type has under a name. */
  heard(type, name, inner) {
    const member = this.properties(type).get(name)?.[0];
    let [signature] = member ? this.bare(this.typeOf(member)).getCallSignatures() : [];
    if (signature && inner) [signature] = this.bare(inner(signature)).getCallSignatures();
    const argument = signature && this.argument(signature);
    return argument ? this.members(argument, DEPTH) : null;
  }

  argument(signature) {
    const [first] = signature.getParameters();
    return first ? this.bare(this.typeOf(first)) : null;
  }

  typeOf(symbol) {
    return this.checker.getTypeOfSymbolAtLocation(symbol, this.source);
  }

  /** A type without undefined and null, a type parameter as what it is bound by. */
  bare(type) {
    const plain = this.checker.getNonNullableType(type);
    return this.checker.getBaseConstraintOfType(plain) ?? plain;
  }

  /** Name -> the symbols of it, one for each branch of a union that has it. */
  properties(type) {
    const found = new Map();
    for (const branch of this.branches(type)) {
      for (const symbol of this.checker.getPropertiesOfType(branch)) {
        found.set(symbol.name, [...(found.get(symbol.name) ?? []), symbol]);
      }
    }
    return found;
  }

  branches(type) {
    return type.isUnion() ? type.types : [type];
  }

  members(type, depth, without = []) {
    const all = this.branches(type).length;
    const kept = [...this.properties(type)].filter(([name]) => !without.includes(name));
    return Object.fromEntries(kept.map(([name, symbols]) => {
      const optional = symbols.some((one) => one.flags & ts.SymbolFlags.Optional);
      const types = symbols.map((one) => this.typeOf(one));
      return [name, { required: !optional && symbols.length === all, ...this.described(types, depth) }];
    }));
  }

  /** Kinds, literal values and members of a value that has one of these types. */
  described(types, depth) {
    const parts = types.flatMap((type) => this.branches(this.bare(type)));
    const told = parts.map((part) => this.kind(part));
    const literal = parts.length && parts.every((part) => part.isStringLiteral());
    return {
      kinds: told.includes('any') ? [] : [...new Set(told)].sort(),
      values: literal ? [...new Set(parts.map((part) => part.value))].sort() : [],
      members: depth ? Object.assign({}, ...parts.map((part) => this.inner(part, depth - 1))) : {},
    };
  }

  kind(type) {
    if (this.checker.isArrayType(type) || this.checker.isTupleType(type)) return 'array';
    return KINDS.find(([flags]) => type.flags & flags)?.[1] ?? 'any';
  }

  inner(type, depth) {
    if (this.kind(type) === 'array') {
      const [item] = this.checker.getTypeArguments(type);
      return { '[]': { required: true, ...this.described([item], depth) } };
    }
    return this.kind(type) === 'object' && this.isOwn(type) ? this.members(type, depth) : {};
  }

  /** Whether the typings declare a type, and not the language's library (ArrayBuffer). */
  isOwn(type) {
    const files = (type.symbol?.declarations ?? []).map((one) => one.getSourceFile());
    return !files.some((file) => this.program.isSourceFileDefaultLibrary(file));
  }
}

const questions = JSON.parse(fs.readFileSync(0, 'utf8'));
const answers = questions.map((one) => new Typings(one.package, one.functions).answers());
process.stdout.write(JSON.stringify(answers));
