//! Jumps: what is known of the stack and the local variables where several ways meet.

use std::collections::BTreeMap;

use cafebabe::bytecode::Opcode;

use super::value::Value;

/// What is known before an instruction.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) stack: Vec<Value>,
    pub(super) locals: BTreeMap<u16, Value>,
}

impl State {
    /// What is known where another way comes in. What lies deep in the stack may be unknown to one of them.
    fn joined(mut self, other: Self) -> Self {
        let least = self.stack.len().min(other.stack.len());
        let tops = self.stack.split_off(self.stack.len() - least).into_iter();
        let stack = tops.zip(other.stack.into_iter().rev().take(least).rev()).map(|(one, other)| one.joined(other));
        let mut theirs = other.locals;
        let both =
            self.locals.into_iter().filter_map(|(local, value)| Some((local, value.joined(theirs.remove(&local)?))));
        Self { stack: stack.collect(), locals: both.collect() }
    }
}

/// Of more ways than these at once nothing is known.
const MOST_AHEAD: usize = 256;

/// The ways through a method that lead to an instruction further on.
#[derive(Debug, Default)]
pub(super) struct Ways {
    ahead: BTreeMap<usize, State>,
    /// Whether the instruction before does not lead to the next one.
    is_cut: bool,
}

impl Ways {
    /// What is known at an instruction, with all ways that lead there.
    pub(super) fn meet(&mut self, at: usize, state: &mut State) {
        let is_cut = std::mem::take(&mut self.is_cut);
        match self.ahead.remove(&at) {
            Some(ahead) if is_cut => *state = ahead,
            Some(ahead) => *state = std::mem::take(state).joined(ahead),
            // The handler of an exception, or what is reached by a jump back only.
            None if is_cut => state.stack.clear(),
            None => {}
        }
    }

    /// Follows a jump; whether it is one. A jump back brings nothing new.
    pub(super) fn take(&mut self, at: usize, opcode: &Opcode<'_>, state: &mut State) -> bool {
        let Some((operands, offsets, is_cut)) = jump(opcode) else { return false };
        state.stack.truncate(state.stack.len().saturating_sub(operands));
        self.is_cut = is_cut;
        for offset in offsets {
            let target = usize::try_from(offset).ok().filter(|offset| *offset > 0).map(|offset| at + offset);
            let Some(target) = target else { continue };
            let known = self.ahead.remove(&target);
            let sent = if self.ahead.len() < MOST_AHEAD { state.clone() } else { State::default() };
            let joined = match known {
                Some(known) => known.joined(sent),
                None => sent,
            };
            self.ahead.insert(target, joined);
        }
        true
    }
}

/// How many values a jump takes, where it leads, and whether it never leads to the next instruction.
fn jump(opcode: &Opcode<'_>) -> Option<(usize, Vec<i32>, bool)> {
    use Opcode::{
        Areturn, Athrow, Dreturn, Freturn, Goto, IfAcmpeq, IfAcmpne, IfIcmpeq, IfIcmpge, IfIcmpgt, IfIcmple, IfIcmplt,
        IfIcmpne, Ifeq, Ifge, Ifgt, Ifle, Iflt, Ifne, Ifnonnull, Ifnull, Ireturn, Lookupswitch, Lreturn, Return,
        Tableswitch,
    };
    Some(match opcode {
        Goto(to) => (0, vec![*to], true),
        Ifeq(to) | Ifge(to) | Ifgt(to) | Ifle(to) | Iflt(to) | Ifne(to) | Ifnonnull(to) | Ifnull(to) => {
            (1, vec![*to], false)
        }
        IfAcmpeq(to) | IfAcmpne(to) | IfIcmpeq(to) | IfIcmpge(to) | IfIcmpgt(to) | IfIcmple(to) | IfIcmplt(to)
        | IfIcmpne(to) => (2, vec![*to], false),
        Tableswitch(table) => (1, table.jumps.iter().copied().chain([table.default]).collect(), true),
        Lookupswitch(table) => {
            (1, table.match_offsets.iter().map(|(_, to)| *to).chain([table.default]).collect(), true)
        }
        Areturn | Athrow | Dreturn | Freturn | Ireturn | Lreturn | Return => (0, vec![], true),
        _ => return None,
    })
}
