//! What is measured: rows against a floor in the same run. Start reading at [`main`].

fn main() {
    println!("no row is measured yet");
}
