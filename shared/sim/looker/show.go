package looker

import (
	"maps"
	"time"
)

// What answers look like. All names that an object has are there, with null for what a user
// does not have.

var (
	dateShape    = named("can", "created_at", "is_disabled", "logged_in_at", "type", "url")
	sessionShape = named("can", "id", "ip_address", "browser", "operating_system", "city", "state", "country",
		"credentials_type", "extended_at", "extended_count", "sudo_user_id", "created_at", "expires_at", "url")
	roleShape        = named("can", "id", "name", "permission_set", "model_set", "internal", "url", "users_url")
	countedRoleShape = with(roleShape, "user_count")

	userShape = shape{
		"can": nil, "avatar_url": nil, "avatar_url_without_sizing": nil, "display_name": nil, "email": nil,
		"embed_group_space_id": nil, "first_name": nil, "group_ids": nil, "home_folder_id": nil, "id": nil,
		"is_disabled": nil, "last_name": nil, "locale": nil, "looker_versions": nil, "models_dir_validated": nil,
		"personal_folder_id": nil, "presumed_looker_employee": nil, "role_ids": nil, "ui_state": nil,
		"verified_looker_employee": nil, "roles_externally_managed": nil, "allow_direct_roles": nil,
		"allow_normal_group_membership": nil, "allow_roles_from_normal_groups": nil, "embed_group_folder_id": nil,
		"is_iam_admin": nil, "can_manage_api3_creds": nil, "is_service_account": nil, "service_account_name": nil, "url": nil,
		"credentials_api3": named("can", "id", "client_id", "created_at", "is_disabled", "type", "purpose", "url"),
		"credentials_email": with(dateShape, "email", "forced_password_reset_at_next_login", "user_id", "password_reset_url",
			"account_setup_url", "password_reset_url_expired", "account_setup_url_expired", "user_url"),
		"credentials_embed":         with(dateShape, "external_group_id", "external_user_id", "id"),
		"credentials_google":        with(dateShape, "domain", "email", "google_user_id"),
		"credentials_ldap":          with(dateShape, "email", "ldap_dn", "ldap_id"),
		"credentials_looker_openid": with(dateShape, "email", "logged_in_ip", "user_url"),
		"credentials_oidc":          with(dateShape, "email", "oidc_user_id"),
		"credentials_saml":          with(dateShape, "email", "saml_user_id"),
		"credentials_totp":          named("can", "created_at", "is_disabled", "type", "verified", "url"),
		"credentials_workforce":     with(dateShape, "email", "workforce_user_id"),
		"sessions":                  sessionShape,
	}
)

func with(of shape, names ...string) shape {
	out := named(names...)
	for name, inner := range of {
		out[name] = inner
	}
	return out
}

// date writes a moment as Looker does, or null.
func date(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000-07:00")
}

// orNull is text, or null for none.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// show shows a user to whoever has the API key: all of it to an administrator, and the name
// alone to everybody else.
func (c *call) show(a *account) object {
	url := c.s.base() + "/users/" + a.id
	out := object{
		"can": object{"show": true, "index": true}, "avatar_url": "https://gravatar.lookercdn.com/avatar/x?s=156&d=blank",
		"display_name": orNull(fullName(a)), "first_name": orNull(a.first), "id": a.id, "last_name": orNull(a.last), "url": url,
	}
	if !c.s.admin() {
		return out
	}
	out["can"] = object{"show": true, "index": true, "show_details": true, "index_details": true, "sudo": false}
	maps.Copy(out, object{
		"avatar_url_without_sizing": "https://gravatar.lookercdn.com/avatar/x?d=blank", "email": orNull(a.email),
		"embed_group_space_id": nil, "group_ids": []string{"1"}, "home_folder_id": "1", "is_disabled": a.disabled, "locale": "en",
		"looker_versions": []string{}, "models_dir_validated": false, "personal_folder_id": a.id, "presumed_looker_employee": a.presumed,
		"role_ids": append([]string{}, a.roles...), "ui_state": nil, "verified_looker_employee": a.staff,
		"roles_externally_managed": false, "allow_direct_roles": true, "allow_normal_group_membership": true,
		"allow_roles_from_normal_groups": true, "embed_group_folder_id": nil, "is_iam_admin": false, "can_manage_api3_creds": false,
		"is_service_account": a.service, "service_account_name": nil,
	})
	if a.service {
		out["service_account_name"] = orNull(fullName(a))
	}
	c.showCredentials(out, a, url)
	out["sessions"] = c.showSessions(a)
	return out
}

func fullName(a *account) string {
	if a.first == "" || a.last == "" {
		return a.first + a.last
	}
	return a.first + " " + a.last
}

// single are the kinds of credential of which a user has at most one.
var single = []string{"email", "google", "ldap", "looker_openid", "oidc", "saml", "totp", "workforce"}

func (c *call) showCredentials(out object, a *account, url string) {
	for _, kind := range single {
		out["credentials_"+kind] = nil
		if held := a.credential(kind); held != nil {
			out["credentials_"+kind] = c.showCredential(a, held, url)
		}
	}
	keys, embeds := []object{}, []object{}
	for i := range a.credentials {
		switch held := &a.credentials[i]; held.kind {
		case "api3":
			key := c.showCredential(a, held, url)
			key["id"], key["client_id"], key["purpose"] = a.id, c.clientID(a), nil
			keys = append(keys, key)
		case "embed":
			embeds = append(embeds, c.showCredential(a, held, url))
		}
	}
	out["credentials_api3"], out["credentials_embed"] = keys, embeds
}

// clientID is the public half of an account's API key.
func (c *call) clientID(a *account) string {
	if a.id == c.s.self.current.id {
		return c.s.o.ClientID
	}
	return c.s.secret("client id", a.id)[:20]
}

// showCredential shows one credential. One with an address and a password that was never used
// has an empty date, all others have null then.
func (c *call) showCredential(a *account, held *credential, url string) object {
	out := object{
		"can": object{}, "created_at": date(held.created), "is_disabled": false, "type": held.kind, "url": url + "/credentials_" + held.kind,
	}
	if held.kind != "totp" && held.kind != "api3" {
		out["logged_in_at"] = date(held.used)
	}
	if held.kind != "totp" && held.kind != "api3" && held.kind != "embed" {
		out["email"] = orNull(a.email)
	}
	switch held.kind {
	case "email":
		if held.used.IsZero() {
			out["logged_in_at"] = ""
		}
		c.showSecrets(out, a, url)
	case "google":
		_, domain, _ := cut(a.email)
		out["domain"], out["google_user_id"] = orNull(domain), "1000000000000000000"+a.id
	case "ldap":
		out["ldap_dn"], out["ldap_id"] = "cn="+a.id, a.id
	case "looker_openid":
		out["logged_in_ip"], out["user_url"] = nil, url
	case "oidc", "saml", "workforce":
		out[held.kind+"_user_id"] = a.email
	case "embed":
		out["id"], out["external_group_id"], out["external_user_id"] = a.id, nil, "customer-"+a.id
	case "totp":
		out["type"], out["verified"] = "two-factor", true
	}
	return out
}

// showSecrets shows the one-time addresses by which a password is set, as long as they are good
// for something.
func (c *call) showSecrets(out object, a *account, url string) {
	out["can"] = object{"show_password_reset_url": true}
	out["forced_password_reset_at_next_login"], out["user_id"], out["user_url"] = false, a.id, url
	setup, reset := c.s.link("account/setup", a.setup), c.s.link("password/reset", a.reset)
	if a.reset != "" && !a.resetEnds.IsZero() && !c.now.Before(a.resetEnds) {
		reset = nil
	}
	out["account_setup_url"], out["account_setup_url_expired"] = setup, setup == nil
	out["password_reset_url"], out["password_reset_url_expired"] = reset, reset == nil
}

// link is a one-time address with a secret, or null.
func (s *Server) link(path, secret string) any {
	if secret == "" {
		return nil
	}
	return s.page() + "/" + path + "/" + secret
}

// page and base are where people and programs find the instance.
func (s *Server) page() string { return "https://looker.example.com" }
func (s *Server) base() string { return s.page() + ":19999/api/4.0" }

// showSessions shows the sessions that have not ended.
func (c *call) showSessions(a *account) []object {
	out := []object{}
	for _, one := range a.sessions {
		if !c.now.Before(one.ends) {
			continue
		}
		shown := object{
			"can": object{}, "id": one.id, "ip_address": orNull(one.address), "browser": "Chrome", "operating_system": "macOS", "city": nil,
			"state": nil, "country": "JP", "credentials_type": one.kind, "extended_at": date(one.extended), "extended_count": nil,
			"sudo_user_id": orNull(one.sudo), "created_at": date(one.begun), "expires_at": date(one.ends),
			"url": c.s.base() + "/users/" + a.id + "/sessions/" + one.id,
		}
		if one.extensions > 0 {
			shown["extended_count"] = one.extensions
		}
		out = append(out, shown)
	}
	return out
}

func (c *call) showRole(r role) object {
	url := c.s.base() + "/roles/" + r.id
	return object{
		"can": object{"show": true, "index": true, "update": true}, "id": r.id, "name": r.name, "internal": false,
		"permission_set": object{"id": r.id, "name": r.name}, "model_set": object{"id": "1", "name": "All"},
		"url": url, "users_url": url + "/users",
	}
}
