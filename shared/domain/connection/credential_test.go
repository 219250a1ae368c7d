package connection_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/connection"
)

func TestLooksSecret(t *testing.T) {
	secret := []string{
		"password", "Password", "PASSWORD", "db_password", "dbPassword", "db-password", "dbpassword", "user.password", "passwd", "pwd", "sa_pwd", "pass", "pass_phrase",
		"passphrase", "passcode", "secret", "client_secret", "clientSecret", "ClientSecretID", "client-secret", "secrets", "token", "refresh_token", "accessToken", "token_id",
		"api_key", "apikey", "APIKey", "x-api-key", "key", "keys", "private_key", "privatekey", "sshPrivateKey", "account_key", "storageAccountKey", "service_account_key",
		"access_key_id", "aws_secret_access_key", "credential", "credentials", "gcs_credentials", "creds", "certificate", "client_cert", "clientCertificatePEM", "pem", "pfx",
		"keystore", "truststore", "blob_sas_url", "sas", "jwt", "bearer", "cookie", "connection_string", "connectionString", "auth_code", "otp", "pin",
		"auth.client_access.client_secret", "config/nested/api_key", "пароль_password", "__token__",
	}
	open := []string{
		"host", "port", "database", "user", "username", "schema", "schema_prefix", "table", "update_method", "public_key", "publicKey", "primary_key", "primary_keys",
		"tunnel_host", "tunnel_port", "tunnel_user", "auth_type", "authMethod", "keyspace", "monkey", "pinned", "passenger_count", "compass", "region", "bucket", "", "_", "always_encrypted",
		"connection_type", "sync_mode", "customer_id", "report_type", "patient", "spin", "hotkeys",
	}
	for _, name := range secret {
		if !connection.LooksSecret(name) {
			t.Errorf("%q does not look like a credential", name)
		}
	}
	for _, name := range open {
		if connection.LooksSecret(name) {
			t.Errorf("%q looks like a credential", name)
		}
	}
}

func TestLooksSecretValue(t *testing.T) {
	secret := []string{
		"-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY----- b3Blbn", "-----BEGIN CERTIFICATE-----", "-----BEGIN PGP MESSAGE-----",
		"postgres://app:hunter2@db.example.com:5432/sales", "mongodb+srv://u:p@h", "Server=db;Database=x;Password=hunter2;", "user=app password = x", "Pwd=x",
		"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==", "https://a.blob.core.windows.net/c?sv=1&sig=abc%3D",
		"AKIAIOSFODNN7EXAMPLE", "xoxb-123456789012-abcdef", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "glpat-0123456789abcdefghij",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sIgNaTuRe", "sk_live_0123456789abcd", "AIza" + strings.Repeat("a", 35), "ya29.a0AfH6SMBx",
		"https://fivetran.com/connect-card/setup?auth=x", "see connect-card%2Fsetup%3Fauth%3Dx",
	}
	open := []string{
		"db.example.com", "5432", "sales", "jdbc:postgresql://db.example.com:5432/sales", "https://db.example.com/path?x=1", "TELEPORT", "passwords we do not have",
		"https://example.com/tickets/12", "sales@example.com", "10.0.0.1", "", "AKIA", "eyJ",
	}
	for _, value := range secret {
		if !connection.LooksSecretValue(value) {
			t.Errorf("%q does not look like a credential", value)
		}
	}
	for _, value := range open {
		if connection.LooksSecretValue(value) {
			t.Errorf("%q looks like a credential", value)
		}
	}
}

// identifiers are settings that Fivetran masks like passwords, and that identify rather than
// authorise. Their names do not give them away; Field.Secret does.
var identifiers = []string{
	"api_user_identifier", "api_username", "app_id", "audience", "business_id", "client_id", "client_name", "container_name", "function_trigger", "hostname",
	"query_param_value", "role_arn", "s3_export_role_arn", "s3_role_arn", "s3role_arn", "shard_authorization_id", "short_code", "tenant_id", "username", "value",
}

// Every setting of every service that the vendor's own description marks as a password must be
// known by its name, or be listed above.
func TestTheVendorsPasswordsLookSecret(t *testing.T) {
	folder := os.Getenv("SEKISHO_SPECS")
	if folder == "" {
		t.Skip("SEKISHO_SPECS names no folder with the vendors' descriptions of their APIs")
	}
	data, err := os.ReadFile(filepath.Join(folder, "fivetran", "fivetran-open-api-definition.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	passwords := map[string]bool{}
	var walk func(any)
	walk = func(node any) {
		switch n := node.(type) {
		case []any:
			for _, item := range n {
				walk(item)
			}
		case map[string]any:
			properties, _ := n["properties"].(map[string]any)
			for name, p := range properties {
				if schema, _ := p.(map[string]any); schema["format"] == "password" {
					passwords[name] = true
				}
			}
			for _, item := range n {
				walk(item)
			}
		}
	}
	for name, schema := range document.Components.Schemas {
		if strings.HasSuffix(name, "_config_V1") {
			walk(schema)
		}
	}
	for name := range passwords {
		public := name == "public_key" || name == "primary_key"
		if !connection.LooksSecret(name) && !slices.Contains(identifiers, name) && !public {
			t.Errorf("%s does not look like a credential", name)
		}
	}
	for _, name := range identifiers {
		if !passwords[name] || connection.LooksSecret(name) {
			t.Errorf("%s is listed and need not be", name)
		}
	}
	t.Logf("%d settings are marked as passwords", len(passwords))
}
