package contract

// OpenMetadataExceptions are the known differences between OpenMetadata's schemas and OpenMetadata.
var OpenMetadataExceptions = []Exception{
	{
		Operation: "openmetadata.*", At: "*.rules[].operations[]", Text: `*"EditTask" is none of *`,
		Reason: "the policies in openmetadata-service's json/data folder have CreateTask and EditTask, which are newer than the schemas at hand",
	},
	{
		Operation: "openmetadata.*", At: "*.rules[].operations[]", Text: `*"CreateTask" is none of *`,
		Reason: "as EditTask: both are in the DataConsumerPolicy with which a server begins",
	},
}
