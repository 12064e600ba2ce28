//! The document against the program: over a socket, and in the words of the entity.
#![allow(clippy::unwrap_used, reason = "tests panic where they fail")]

use std::collections::{BTreeMap, BTreeSet};

use auth_core::Auth;
use auth_core::openapi::utoipa::openapi::OpenApi;
use auth_tests::{Client, Server};
use auth_tests_openapi::{Device, Member, PASSWORD, Staff, document, routes};
use reqwest::Method;
use serde_json::{Value, json};

fn json_of(document: &OpenApi) -> Value {
    serde_json::to_value(document).unwrap()
}

/// Method, path and description of each operation.
fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            operations.push((method, path.clone(), operation.clone()));
        }
    }
    operations
}

/// `/member/notes/{board}/{number}` with something in place of the parameters.
fn filled(path: &str) -> String {
    path.replace("{id}", "00000000-0000-0000-0000-000000000001")
        .replace("{board}", "00000000-0000-0000-0000-000000000001")
        .replace("{number}", "1")
}

async fn start() -> (Server, Client) {
    let server = Server::start(routes()).await;
    let client = server.client();
    (server, client)
}

#[tokio::test]
async fn every_operation_is_an_endpoint_and_no_other_method_is() {
    let (_server, mut client) = start().await;
    let document = json_of(&document());
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path, _) in operations(&document) {
        documented.entry(path).or_default().insert(method.to_string());
    }
    for (path, methods) in documented {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = client.send(method.clone(), &filled(&path)).await;
            if methods.contains(method.as_str()) {
                assert!(![404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
            } else {
                answer.assert_problem(405, "method-not-allowed");
            }
        }
    }
}

#[test]
fn every_route_is_in_the_document() {
    for (path, router, document) in [
        ("/member/", format!("{:?}", Member::auth_routes::<Auth<Member>, _>()), Member::openapi()),
        ("/device/", format!("{:?}", Device::auth_routes::<Auth<Device>, _>()), Device::openapi()),
    ] {
        // A router tells its paths to nobody but who debugs it.
        let routed: BTreeSet<&str> = router.split('"').filter(|text| text.starts_with(path)).collect();
        let documented = json_of(&document);
        let documented: BTreeSet<&str> =
            documented["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        assert!(routed.len() >= 8, "{router}");
        assert_eq!(routed, documented);
    }
}

/// Of a request without a session, the whole answer is in the document.
#[tokio::test]
async fn what_is_refused_is_an_example_in_the_document() {
    let (_server, mut client) = start().await;
    let mut seen = BTreeSet::new();
    for (method, path, operation) in operations(&json_of(&document())) {
        let answer = client.send(method.clone(), &filled(&path)).await;
        if answer.status < 400 {
            continue;
        }
        let response = &operation["responses"][answer.status.to_string()];
        let examples = &response["content"][answer.header("content-type")]["examples"];
        let mut examples = examples.as_object().unwrap().values();
        assert!(
            examples.any(|example| example["value"] == answer.json()),
            "{method} {path}: {answer:?} is not in {response}"
        );
        for (name, header) in [("www-authenticate", "WWW-Authenticate"), ("retry-after", "Retry-After")] {
            let is_sent = answer.headers.contains_key(name);
            assert!(!is_sent || response["headers"][header].is_object(), "{method} {path}: {header}");
        }
        seen.insert(answer.status);
    }
    assert_eq!(seen, BTreeSet::from([400, 401, 415]));
}

#[tokio::test]
async fn another_origins_page_is_refused_as_documented() {
    let (_server, mut client) = start().await;
    for cookie in ["__Host-member", "__Host-desk"] {
        client.cookies.insert(cookie.to_owned(), "the browser's".to_owned());
    }
    for (method, path, operation) in operations(&json_of(&document())) {
        let request = client.request(method.clone(), &filled(&path)).header("sec-fetch-site", "cross-site");
        let answer = client.finish(request).await;
        let text = operation["responses"]["403"]["description"].as_str().unwrap_or_default();
        assert_eq!(
            answer.status == 403,
            text.contains("problem:cross-origin"),
            "{method} {path}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn answers_have_the_fields_that_are_documented() {
    let (_server, mut client) = start().await;
    let document = json_of(&document());
    let fields = |component: &str| -> BTreeSet<String> {
        let properties = &document["components"]["schemas"][component]["properties"];
        properties.as_object().unwrap().keys().cloned().collect()
    };
    let answered =
        |answer: &Value| -> BTreeSet<String> { answer.as_object().unwrap().keys().cloned().collect() };
    let form = json!({ "emailAddress": "ann@example.com", "password": PASSWORD });
    let welcome = client.post_json("/member/login", &form).await;
    assert_eq!(answered(&welcome.json()), fields("member.Welcome"));
    let mut profile = fields("member.Profile");
    profile.remove("nickName"); // left out where there is none
    assert_eq!(answered(&client.get("/member/me").await.json()), profile);
    assert_eq!(answered(&client.get("/member/session").await.json()), fields("auth.SessionInfo"));
    assert_eq!(answered(&client.get("/member/sessions").await.json()[0]), fields("auth.ListedSession"));
    assert_eq!(answered(&client.post("/member/refresh").await.json()), fields("auth.RefreshResponse"));
    let staff = client.post_json("/v1/staff/login", &json!({ "name": "ann", "password": PASSWORD })).await;
    assert_eq!(answered(&staff.json()), fields("auth.LoginResponse"));
}

#[test]
fn a_form_is_described_as_serde_reads_it() {
    let document = json_of(&Member::openapi());
    let form = &document["components"]["schemas"]["member.SignIn"];
    assert_eq!(form["description"], "How a member signs in.");
    assert_eq!(form["required"], json!(["emailAddress", "password"]));
    assert_eq!(form["additionalProperties"], false);
    assert_eq!(form["properties"]["emailAddress"]["description"], "The address that the club writes to.");
    assert_eq!(
        form["properties"]["password"],
        json!({
            "type": "string", "format": "password", "writeOnly": true, "description": "The password of the club.",
        })
    );
    assert_eq!(form["properties"]["oneTimeCode"]["oneOf"][1], json!({ "type": "null" }));
    let login = &document["paths"]["/member/login"]["post"];
    assert_eq!(
        login["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/member.SignIn"
    );
}

#[test]
fn a_login_is_described_as_html_sends_it_where_forms_are_taken() {
    let document = json_of(&document());
    let content = |path: &str| document["paths"][path]["post"]["requestBody"]["content"].clone();
    for path in ["/member/login", "/member/reauthenticate"] {
        let form = &content(path)["application/x-www-form-urlencoded"]["schema"];
        let fields: Vec<&String> = form["properties"].as_object().unwrap().keys().collect();
        assert_eq!(fields, ["csrf_token", "emailAddress", "next", "oneTimeCode", "password", "remember"]);
        assert_eq!(form["required"], json!(["emailAddress", "password"]));
        assert_eq!(form["additionalProperties"], false);
        assert_eq!(form["properties"]["oneTimeCode"]["type"], "string", "a form has no null: {form}");
        assert!(content(path)["application/json"].is_object(), "{path}");
    }
    let wish = &content("/member/wishes")["application/x-www-form-urlencoded"]["schema"];
    assert_eq!(wish["required"], json!(["text", "votes"]));
    for path in ["/v1/staff/login", "/device/login", "/member/notes"] {
        assert_eq!(
            content(path).as_object().unwrap().keys().collect::<Vec<_>>(),
            ["application/json"],
            "{path}"
        );
    }
}

/// Of a browser, too, the answer is in the document: where to go, and by which headers.
#[tokio::test]
async fn where_browsers_are_sent_is_documented() {
    let (_server, client) = start().await;
    let mut client = client.without_redirects();
    let mut sent = BTreeSet::new();
    for (method, path, operation) in operations(&json_of(&document())) {
        let responses = &operation["responses"];
        let request = client.request(method.clone(), &filled(&path)).header("accept", "text/html");
        let answer = client.finish(request).await;
        if answer.status == 303 {
            sent.insert(answer.header("location").split('?').next().unwrap().to_owned());
            let described = responses["303"]["description"].as_str().unwrap_or_default();
            assert!(described.contains("/login"), "{method} {path}: {responses}");
            assert!(responses["303"]["headers"]["Location"].is_object(), "{method} {path}");
        }
        let may_be_sent = responses["303"].is_object();
        let is_entered_otherwise = path == "/v1/staff/meetings"; // staff is asked first
        assert_eq!(may_be_sent && !is_entered_otherwise, answer.status == 303, "{method} {path}: {answer:?}");
    }
    assert_eq!(sent, BTreeSet::from(["/login".to_owned()]));
}

#[tokio::test]
async fn a_form_that_is_sent_to_a_page_is_documented_with_its_headers() {
    let (_server, client) = start().await;
    let mut client = client.without_redirects();
    let document = json_of(&document());
    let mut submit = async |path: &str, body: &str| {
        let request = client.request(Method::POST, path).header("accept", "text/html");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = client.finish(request.body(body.to_owned())).await;
        assert_eq!(answer.status, 303, "{path}: {answer:?}");
        let path = path.split('?').next().unwrap();
        let documented = &document["paths"][path]["post"]["responses"]["303"]["headers"];
        for (name, header) in [("set-cookie", "Set-Cookie"), ("clear-site-data", "Clear-Site-Data")] {
            let is_sent = answer.headers.contains_key(name);
            assert_eq!(is_sent, documented[header].is_object(), "{path}: {header} in {documented}");
        }
        answer.header("location").to_owned()
    };
    let right = format!("emailAddress=ann%40example.com&password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(submit("/member/login?next=/here", &right).await, "/here");
    assert_eq!(
        submit("/member/reauthenticate", &format!("{right}&next=/there&csrf_token=x")).await,
        "/there"
    );
    assert_eq!(submit("/member/logout?next=/out", "").await, "/out");
}

#[test]
fn operations_are_described_in_the_words_of_their_methods() {
    let document = json_of(&Member::openapi());
    let paths = &document["paths"];
    let login = &paths["/member/login"]["post"];
    assert_eq!(login["summary"], "Signs a member in.");
    assert_eq!(login["description"], "Whoever has the password of the club is one.");
    assert_eq!(login["operationId"], "member_login");
    assert_eq!(login["tags"], json!(["member"]));
    // The hook's own documentation is about the hook.
    assert_eq!(paths["/member/logout"]["post"]["summary"], "Ends the session.");
    let note = &paths["/member/notes"]["post"];
    assert_eq!(note["responses"]["201"]["description"], "A note that is on the board.");
    let body = &note["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["properties"]["text"]["description"], "What it says.");
    let remove = &paths["/member/notes/{board}/{number}"]["delete"]["parameters"];
    assert_eq!(remove[0]["schema"], json!({ "type": "string", "format": "uuid" }));
    assert_eq!(remove[1]["schema"], json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }));
    let query = &paths["/member/notes"]["get"]["parameters"];
    assert_eq!((&query[0]["name"], &query[0]["required"]), (&json!("count"), &json!(false)));
    assert_eq!((&query[1]["name"], &query[1]["in"]), (&json!("from"), &json!("query")));
    assert_eq!(query[1]["required"], true);
    let shown = &json_of(&Device::openapi())["paths"]["/device/who"]["get"];
    assert_eq!(shown["summary"], "Says which device it is.");
}

#[test]
fn who_must_be_signed_in_is_said() {
    let document = json_of(&document());
    let security = |method: &str, path: &str| document["paths"][path][method]["security"].clone();
    assert_eq!(security("post", "/member/login"), Value::Null);
    assert_eq!(security("post", "/member/apply"), Value::Null);
    assert_eq!(security("get", "/member/me"), json!([{ "member_cookie": [] }]));
    assert_eq!(security("put", "/member/club"), json!([{ "member_cookie": [] }]));
    assert_eq!(security("get", "/member/notes"), json!([{ "member_cookie": [] }, {}]));
    assert_eq!(security("post", "/device/beats"), json!([{ "device_bearer": [] }]));
    assert_eq!(security("get", "/v1/staff/session"), json!([{ "staff_cookie": [] }, { "staff_bearer": [] }]));
    assert_eq!(
        security("post", "/v1/staff/meetings"),
        json!([{ "staff_cookie": [], "member_cookie": [] }, { "staff_bearer": [], "member_cookie": [] }])
    );
    let schemes = &document["components"]["securitySchemes"];
    let cookie = &schemes["staff_cookie"];
    assert_eq!((&cookie["type"], &cookie["in"]), (&json!("apiKey"), &json!("cookie")));
    assert_eq!(cookie["name"], "__Host-desk");
    assert_eq!(
        (&schemes["device_bearer"]["type"], &schemes["device_bearer"]["scheme"]),
        (&json!("http"), &json!("bearer"))
    );
}

#[test]
fn rules_are_problems() {
    let document = json_of(&Member::openapi());
    let forbidden = &document["paths"]["/member/club"]["put"]["responses"]["403"];
    let kinds =
        &forbidden["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["type"]["enum"];
    let kinds: Vec<&str> = kinds.as_array().unwrap().iter().map(|kind| kind.as_str().unwrap()).collect();
    for name in ["cross-origin", "not-allowed", "authentication-too-old"] {
        assert!(kinds.contains(&format!("urn:auth-service:problem:{name}").as_str()), "{name}: {kinds:?}");
    }
    let login = &document["paths"]["/member/login"]["post"]["responses"];
    for status in ["429", "503"] {
        assert!(login[status]["headers"]["Retry-After"].is_object(), "{status}");
    }
}

#[test]
fn a_bearer_token_is_where_it_is_answered() {
    let device = json_of(&Device::openapi());
    let members = |operation: &Value| {
        operation["responses"]["200"]["content"]["application/json"]["schema"]["allOf"][1].clone()
    };
    let login = members(&device["paths"]["/device/login"]["post"]);
    assert_eq!(login["required"], json!(["access_token", "token_type"]));
    let refresh = members(&device["paths"]["/device/refresh"]["post"]);
    assert!(refresh["properties"]["access_token"].is_object() && refresh["required"].is_null());
    let staff = json_of(&Staff::openapi());
    assert!(members(&staff["paths"]["/v1/staff/login"]["post"]).is_null());
    let bearer = members(&staff["paths"]["/v1/staff/login/bearer"]["post"]);
    assert_eq!(bearer["required"], json!(["access_token", "token_type"]));
}

#[test]
fn one_document_has_all_and_no_name_is_taken_twice() {
    let all = json_of(&document());
    let ids: Vec<String> =
        operations(&all).iter().map(|(.., operation)| operation["operationId"].to_string()).collect();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
    for entity in [Member::openapi(), Device::openapi(), Staff::openapi()] {
        for path in entity.paths.paths.keys() {
            assert!(all["paths"][path].is_object(), "{path}");
        }
    }
    for form in ["member.SignIn", "device.SignIn", "staff.SignIn"] {
        assert!(all["components"]["schemas"][form].is_object(), "{form}");
    }
    assert_eq!(all["info"]["title"], "A program that describes itself");
}

/// Compiles: where no document is asked for, types need no schema. Another crate may have turned the feature on.
#[allow(dead_code, reason = "nothing runs it")]
mod undocumented {
    use auth_core::{Authenticated, Credentials, LoginError, auth_service, expose_response};

    #[derive(serde::Serialize, serde::Deserialize, Clone)]
    struct Shade(u8);

    #[auth_service("auth.cookies.memory")]
    struct Ghost {
        #[auth(id)]
        id: u64,
        shade: Shade,
    }

    #[derive(serde::Deserialize, Credentials)]
    struct Call {
        #[auth(identifier)]
        name: u64,
        shade: Shade,
    }

    #[expose_response]
    struct Seen {
        shade: Shade,
    }

    #[auth_service]
    impl Ghost {
        async fn login(form: Call) -> Result<Self, LoginError> {
            Ok(Ghost { id: form.name, shade: form.shade })
        }

        #[expose_endpoint(get, "/seen", response = Seen)]
        fn seen(ghost: Authenticated<Self>) -> Seen {
            Seen { shade: ghost.shade.clone() }
        }
    }
}
