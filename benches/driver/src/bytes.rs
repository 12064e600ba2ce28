pub(crate) async fn run() -> crate::Outcome<String> {
    Ok(String::new())
}
