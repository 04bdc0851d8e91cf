//! Finds what can be changed in a source file: the same kinds of changes as those of cargo-mutants.

use std::collections::BTreeMap;
use std::ops::Range;

use miette::{IntoDiagnostic as _, Result};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::values;

/// A place in a source file, and what can stand there instead.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The bytes of the place.
    pub(crate) range: Range<usize>,
    /// How the changes are written into the file.
    pub(crate) form: Form,
    /// The changes: what each does, in words, and the source text for it.
    pub(crate) changes: Vec<Change>,
}

/// How changes of a place are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// An expression: another stands in its place.
    Expression,
    /// A function's body: it returns something at once.
    Body,
    /// A function's body that gives an iterator: the iterator gives nothing.
    Iterator,
    /// A pattern of a match's arm: it never matches.
    Arm,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The function that is changed.
    pub(crate) function: String,
    /// What is changed, in words that stay the same when lines move.
    pub(crate) what: String,
    /// What stands there instead.
    pub(crate) text: String,
}

/// All places of a file, the outer ones before those inside of them.
pub(crate) fn find(source: &str) -> Result<Vec<Site>> {
    let file = syn::parse_file(source).into_diagnostic()?;
    let mut finder = Finder { source, names: Vec::new(), sites: BTreeMap::new() };
    finder.visit_file(&file);
    Ok(finder.sites.into_values().collect())
}

struct Finder<'a> {
    source: &'a str,
    /// Types and functions around the place that is looked at.
    names: Vec<String>,
    /// By begin, end (the outermost first) and form.
    sites: BTreeMap<(usize, std::cmp::Reverse<usize>, Form), Site>,
}

impl Finder<'_> {
    fn add(&mut self, range: Range<usize>, form: Form, what: String, text: String) {
        let change = Change { function: self.names.join("::"), what, text };
        let key = (range.start, std::cmp::Reverse(range.end), form);
        self.sites.entry(key).or_insert_with(|| Site { range, form, changes: Vec::new() }).changes.push(change);
    }

    fn text(&self, range: Range<usize>) -> &str {
        &self.source[range]
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        if signature.constness.is_some() || block.stmts.is_empty() {
            return;
        }
        let range = block.span().byte_range();
        let body = self.text(range.start + 1..range.end - 1).trim().to_owned();
        match &signature.output {
            syn::ReturnType::Type(_, output) if matches!(**output, syn::Type::ImplTrait(_)) => {
                self.add(range, Form::Iterator, "returns an iterator of nothing".to_owned(), String::new());
            }
            syn::ReturnType::Type(_, output) => {
                for value in values::of(output).into_iter().filter(|value| *value != body) {
                    self.add(range.clone(), Form::Body, format!("returns `{value}`"), value);
                }
            }
            syn::ReturnType::Default => self.add(range, Form::Body, "does nothing".to_owned(), "()".to_owned()),
        }
    }

    fn named(&mut self, name: String, inside: impl FnOnce(&mut Self)) {
        self.names.push(name);
        inside(self);
        self.names.pop();
    }

    fn operator(&mut self, it: &syn::ExprBinary) {
        let (left, right) = (it.left.span().byte_range(), it.right.span().byte_range());
        let operator = it.op.span().byte_range();
        let instead: &[&str] = match self.text(operator.clone()) {
            "==" => &["!="],
            "!=" => &["=="],
            "<=" => &[">"],
            "&&" => &["||"],
            "||" => &["&&"],
            "<" => &["==", ">", "<="],
            ">" => &["==", "<", ">="],
            ">=" => &["<"],
            "+" => &["-", "*"],
            "-" | "*" => &["+", "/"],
            "/" => &["%", "*"],
            "%" => &["/", "+"],
            "+=" => &["-=", "*="],
            "-=" | "*=" => &["+=", "/="],
            "|" => &["&"],
            "&" => &["|"],
            "|=" => &["&="],
            "&=" => &["|="],
            _ => &[],
        };
        let shown = format!(
            "`{} {} {}`",
            end(self.text(left.clone())),
            self.text(operator.clone()),
            begin(self.text(right.clone()))
        );
        for other in instead {
            let text = format!("({}) {other} ({})", self.text(left.clone()), self.text(right.clone()));
            self.add(left.start..right.end, Form::Expression, format!("{shown}: `{other}`"), text);
        }
    }

    /// In a chain of `if let`, where no `&&` can be another operator, a condition is left out.
    fn chain(&mut self, operand: &syn::Expr) {
        match operand {
            syn::Expr::Let(_) => {}
            syn::Expr::Binary(binary) if has_let(operand) => {
                self.chain(&binary.left);
                self.chain(&binary.right);
            }
            condition => {
                let range = condition.span().byte_range();
                let what = format!("`{}`: `true`", both(self.text(range.clone())));
                self.add(range, Form::Expression, what, "true".to_owned());
            }
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_mod(&mut self, it: &'ast syn::ItemMod) {
        if !is_test(&it.attrs) {
            visit::visit_item_mod(self, it);
        }
    }

    fn visit_item_fn(&mut self, it: &'ast syn::ItemFn) {
        if is_test(&it.attrs) || it.sig.constness.is_some() {
            return;
        }
        self.named(it.sig.ident.to_string(), |finder| {
            finder.function(&it.sig, &it.block);
            visit::visit_item_fn(finder, it);
        });
    }

    fn visit_impl_item_fn(&mut self, it: &'ast syn::ImplItemFn) {
        if is_test(&it.attrs) || it.sig.constness.is_some() {
            return;
        }
        self.named(it.sig.ident.to_string(), |finder| {
            finder.function(&it.sig, &it.block);
            visit::visit_impl_item_fn(finder, it);
        });
    }

    fn visit_item_impl(&mut self, it: &'ast syn::ItemImpl) {
        let name = match &*it.self_ty {
            syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        self.named(name.unwrap_or_default(), |finder| visit::visit_item_impl(finder, it));
    }

    // What these hold is computed by the compiler.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
    fn visit_pat(&mut self, _: &'ast syn::Pat) {}

    fn visit_expr_binary(&mut self, it: &'ast syn::ExprBinary) {
        if matches!(it.op, syn::BinOp::And(_)) && (has_let(&it.left) || has_let(&it.right)) {
            self.chain(&it.left);
            self.chain(&it.right);
        } else {
            self.operator(it);
        }
        visit::visit_expr_binary(self, it);
    }

    fn visit_expr_unary(&mut self, it: &'ast syn::ExprUnary) {
        if matches!(it.op, syn::UnOp::Not(_) | syn::UnOp::Neg(_)) {
            let (range, inner) = (it.span().byte_range(), it.expr.span().byte_range());
            let inner = self.text(inner).to_owned();
            let what = format!("`{}`: `{}`", both(self.text(range.clone())), both(&inner));
            self.add(range, Form::Expression, what, inner);
        }
        visit::visit_expr_unary(self, it);
    }

    fn visit_expr_match(&mut self, it: &'ast syn::ExprMatch) {
        let rest = it.arms.iter().any(|arm| matches!(arm.pat, syn::Pat::Wild(_)) && arm.guard.is_none());
        for arm in &it.arms {
            let pattern = arm.pat.span().byte_range();
            let shown = begin(self.text(pattern.clone()));
            match &arm.guard {
                Some((_, guard)) => {
                    for value in ["true", "false"] {
                        let range = guard.span().byte_range();
                        let what = format!("`{shown} if {}`: `if {value}`", both(self.text(range.clone())));
                        self.add(range, Form::Expression, what, value.to_owned());
                    }
                }
                None if rest && !matches!(arm.pat, syn::Pat::Wild(_)) => {
                    self.add(pattern, Form::Arm, format!("no arm `{shown}`"), String::new());
                }
                None => {}
            }
        }
        visit::visit_expr_match(self, it);
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("rstest")
            || (attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|argument| argument == "test"))
    })
}

fn has_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => {
            matches!(binary.op, syn::BinOp::And(_)) && (has_let(&binary.left) || has_let(&binary.right))
        }
        _ => false,
    }
}

/// How many letters of each side of an operator are shown.
const SHOWN: usize = 40;

/// A text on one line.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "¦")
}

fn begin(text: &str) -> String {
    let text = plain(text);
    let cut: String = text.chars().take(SHOWN).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { text }
}

fn end(text: &str) -> String {
    let text = plain(text);
    let skipped = text.chars().count().saturating_sub(SHOWN);
    let cut: String = text.chars().skip(skipped).collect();
    if skipped > 0 { format!("…{cut}") } else { text }
}

fn both(text: &str) -> String {
    let text = plain(text);
    if text.chars().count() <= 2 * SHOWN {
        text
    } else {
        format!("{}{}", begin(&text), end(&text).trim_start_matches('…'))
    }
}
