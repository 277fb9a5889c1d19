//! Chores of the workspace. One so far: [`tidy`], which checks what must be absent from the tree.
//!
//! Does not know: how the program is built or tested; `./check` does that.

pub mod tidy;
