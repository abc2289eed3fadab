//! The program as its users run it.

mod bytes;
mod check;
mod faulty;
mod page;
mod pages;
mod program;
mod running;
mod transfer;
