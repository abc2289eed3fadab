//! The program as its users run it.

mod bytes;
mod check;
mod faulty;
mod load;
mod page;
mod pages;
mod program;
mod record;
mod running;
mod top;
mod transfer;
