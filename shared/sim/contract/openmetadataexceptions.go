package contract

// OpenMetadataExceptions are the known differences between OpenMetadata's schemas and OpenMetadata.
var OpenMetadataExceptions = []Exception{
	{
		Operation: "openmetadata.*", At: "*.rules[].operations[]", Text: `*"EditTask" is none of *`,
		Reason: "the policies in openmetadata-service's json/data folder have CreateTask and EditTask, which are newer than the schemas at hand",
	},
}
